"""Whose an address is, and what a transfer between two addresses means."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.providers.etherscan.flows import flow_of
from clri.collect.providers.etherscan.tokens import ZERO
from clri.collect.providers.wallets import Wallet, Wallets, bundled, wallets
from clri.model.errors import ConfigError

HEAD = "address,label,exchange,source,date"
BINANCE = "0x28c6c06298d514db089934071355e5743bf21d60"
MINE = "0x" + "ab" * 20


def own(tmp_path: Path, *lines: str, head: str = HEAD) -> Path:
    path = tmp_path / "wallets.csv"
    path.write_text("\n".join([head, *lines]), encoding="utf-8")
    return path


def test_the_bundled_labels_are_few_and_each_has_its_source() -> None:
    rows = bundled().rows
    assert 50 <= len(rows) <= 200
    assert {"binance", "coinbase", "okx", "bybit", "kraken", "gate", "bitget"} <= {
        row.exchange for row in rows.values()
    }
    for address, row in rows.items():
        assert re.fullmatch(r"0x[0-9a-f]{40}", address)
        assert row.address == address
        assert row.label
        assert row.source
        assert row.exchange == "" or row.label.lower().startswith(row.exchange[:3])


def test_the_issuers_treasury_is_no_exchange() -> None:
    treasury = "0x5754284f345afc66a98fbB0a0Afe71e0F007B949"
    assert (bundled().label(treasury), bundled().exchange(treasury)) == ("Tether treasury", "")


def test_an_own_file_adds_and_replaces(tmp_path: Path) -> None:
    path = own(
        tmp_path,
        "# mine",
        "",
        f'{MINE.upper().replace("0X", "0x")},"My desk, hot",deribit,me,2026-01-02',
        f"{BINANCE},not theirs,,me,2026-01-02",
    )
    found = wallets(path)
    assert found.rows[MINE] == Wallet(MINE, "My desk, hot", "deribit", "me", "2026-01-02")
    assert (found.label(BINANCE), found.exchange(BINANCE)) == ("not theirs", "")
    assert bundled().exchange(BINANCE) == "binance"
    assert len(found.rows) == len(bundled().rows) + 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0x12,a,b,c,2026-01-02", ":2: address was '0x12'; expected 0x and 40 hex digits"),
        (f"{MINE},a,b,c", ":2 had 4 cells; expected 5"),
        (f"{MINE},,b,c,2026-01-02", ":2: label was ''"),
        (f"{MINE},a,b,,2026-01-02", "source ''; expected both"),
        (f"{MINE},a,Big Exchange,c,2026-01-02", ":2: exchange was 'Big Exchange'"),
        (f"{MINE},a,b,c,yesterday", ":2: date was 'yesterday'; expected YYYY-MM-DD"),
        (f"{MINE},a,b,c,2026-01-02\n{MINE},a,b,c,2026-01-02", ":3: address"),
        (f'{MINE},"a,b,c,2026-01-02', ":2 is no line of a CSV file"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = own(tmp_path, line)
    with pytest.raises(ConfigError, match=re.escape(words)) as caught:
        wallets(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "is empty"), (b"\xff", "not UTF-8"), (b"a,b\n", "expected the header")]
)
def test_a_wrong_file_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "w.csv"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=words):
        wallets(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        wallets(tmp_path / "none.csv")


ADDRESSES = [ZERO, *(f"0x{n:040x}" for n in range(1, 6))]
OWNERS = ["", "binance", "binance", "okx", ""]
KNOWN = Wallets(
    {
        address: Wallet(address, "x", owner, "s", "2026-01-01")
        for address, owner in zip(ADDRESSES[1:], OWNERS, strict=True)
    }
)


@given(st.sampled_from(ADDRESSES), st.sampled_from(ADDRESSES))
def test_flows_by_the_table(sender: str, to: str) -> None:
    out = sender != ZERO and OWNERS[ADDRESSES.index(sender) - 1] != ""
    into = to != ZERO and OWNERS[ADDRESSES.index(to) - 1] != ""
    table = {
        (False, False): "WHALE_TRANSFER",
        (False, True): "EXCHANGE_INFLOW",
        (True, False): "EXCHANGE_OUTFLOW",
        (True, True): "EXCHANGE_TRANSFER",
    }
    expected = "MINT" if sender == ZERO else "BURN" if to == ZERO else table[out, into]
    assert flow_of(sender, to, KNOWN) == expected


@given(st.sampled_from(ADDRESSES[1:]), st.sampled_from(ADDRESSES[1:]))
def test_the_way_back_is_the_opposite_flow(sender: str, to: str) -> None:
    opposite = {"EXCHANGE_INFLOW": "EXCHANGE_OUTFLOW", "EXCHANGE_OUTFLOW": "EXCHANGE_INFLOW"}
    there = flow_of(sender, to, KNOWN)
    assert flow_of(to, sender, KNOWN) == opposite.get(there, there)


@pytest.mark.dev_data
def test_the_labels_agree_with_what_others_recorded(dev_data: Path) -> None:
    """Kind 1 is into the exchange, 2 out of it; of both ends only the exchange's own can be labelled."""
    agreed: dict[str, set[str]] = {}
    for line in (dev_data / "payloads/coinglass/chain_transfers.jsonl").read_text(encoding="utf-8").splitlines():
        for row in json.loads(line)["raw"]:
            owner = bundled().exchange(row["to_address" if row["transfer_type"] == 1 else "from_address"])
            if owner:
                agreed.setdefault(owner, set()).add(row["exchange_name"].lower())
    assert agreed
    assert all(names == {owner} for owner, names in agreed.items()), agreed
