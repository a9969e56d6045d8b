"""Etherscan's mapper over a made-up chain: every large transfer once, whatever the pages, refusals and re-reads."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clri.collect.providers.etherscan.mapper import EtherscanMapper
from clri.collect.providers.etherscan.sweep import LONGEST_S, MOST_BEHIND, MOST_PAGES, OTHER_TURNS
from clri.collect.providers.mapper import Watch
from clri.collect.providers.wallets import bundled
from clri.model.control import FeedStatus
from clri.model.facts import StablecoinTransfer
from tests.collect.providers.chain import (
    BINANCE,
    COINBASE,
    T0,
    USDC,
    USDT,
    ZERO,
    Chain,
    Event,
    M,
    small_pages,
    stranger,
    turn,
    tx,
)

RECV = (T0 + 20_000) * 10**9


def made(min_usd: float = 1e6) -> EtherscanMapper:
    return EtherscanMapper(Watch(min_usd=min_usd, wallets=bundled()))


def transfers(items: list) -> list[StablecoinTransfer]:
    return [item for item in items if isinstance(item, StablecoinTransfer)]


def states(items: list) -> list[tuple[str, str, str | None]]:
    return [(item.channel, item.state, item.code) for item in items if isinstance(item, FeedStatus)]


def started(chain: Chain, mapper: EtherscanMapper | None = None) -> EtherscanMapper:
    """After its first turn, which is back-fill."""
    mapper = mapper or made()
    turn(mapper, chain, RECV)
    return mapper


def test_every_field_of_a_transfer() -> None:
    chain = Chain()
    mapper = started(chain)
    chain.head += 2
    chain.events.append(Event(1001, tx(7), 2_500_000 * M + 1, sender=stranger(3), to=BINANCE))
    (fact,) = transfers(turn(mapper, chain, RECV + 5))
    assert fact == StablecoinTransfer(
        RECV + 5,
        (T0 + 12 * 1001) * 10**9,
        "MARKET",
        "etherscan",
        "chain",
        USDT,
        "chain",
        None,
        False,
        1,
        "USDT",
        2_500_000.000001,
        stranger(3),
        BINANCE,
        None,
        "Binance 14",
        "EXCHANGE_INFLOW",
        tx(7),
        0,
        1001,
    )


def test_mints_and_burns_of_both_tokens() -> None:
    chain = Chain()
    mapper = started(chain)
    chain.head += 1
    chain.events += [
        Event(1001, tx(1), 3 * M * M, contract=USDT, kind="issue"),
        Event(1001, tx(2), 4 * M * M, contract=USDT, kind="redeem"),
        Event(1001, tx(3), 5 * M * M, ZERO, COINBASE, USDC),
        Event(1001, tx(4), 6 * M * M, stranger(1), ZERO, USDC),
    ]
    found = {
        (fact.token, fact.flow): (fact.amount, fact.from_addr, fact.to_addr)
        for fact in transfers(turn(mapper, chain, RECV))
    }
    assert found == {
        ("USDT", "MINT"): (3e6, ZERO, USDT),
        ("USDT", "BURN"): (4e6, USDT, ZERO),
        ("USDC", "MINT"): (5e6, ZERO, COINBASE),
        ("USDC", "BURN"): (6e6, stranger(1), ZERO),
    }


def test_the_least_amount_is_exact_and_nothing_is_no_error() -> None:
    chain = Chain()
    mapper = started(chain)
    chain.head += 1
    chain.events += [Event(1001, tx(n), units) for n, units in enumerate((0, M * M - 1, M * M))]
    assert [fact.amount for fact in transfers(turn(mapper, chain, RECV))] == [1e6]
    assert not any(key.startswith("quarantined") for key in mapper.tally.frames + mapper.tally.rows)


def test_what_lies_before_the_start_is_back_fill() -> None:
    chain = Chain(events=[Event(block, tx(block), M * M) for block in (990, 998, 1000, 1001)])
    mapper = made()
    first = transfers(turn(mapper, chain, RECV))
    chain.head = 1001
    then = transfers(turn(mapper, chain, RECV + 1))
    assert [(fact.block, fact.backfill) for fact in first + then] == [(998, True), (1000, True), (1001, False)]


def test_twins_in_one_transaction_both_count_and_rereads_do_not() -> None:
    chain = Chain()
    mapper = started(chain)
    chain.head += 1
    chain.events += [Event(1001, tx(1), M * M)] * 2
    assert len(transfers(turn(mapper, chain, RECV))) == 2
    for _ in range(3):
        chain.head += 1
        assert transfers(turn(mapper, chain, RECV)) == []
    assert mapper.seen.duplicates == 6


def test_a_reorganised_block_counts_once_and_its_newcomer_too() -> None:
    chain = Chain()
    mapper = started(chain)
    chain.head = 1002
    chain.events.append(Event(1002, tx(1), M * M))
    assert len(transfers(turn(mapper, chain, RECV))) == 1
    chain.head = 1003
    chain.events = [Event(1001, tx(9), 2 * M * M), Event(1003, tx(1), M * M)]  # moved; the other came instead
    assert [fact.tx_hash for fact in transfers(turn(mapper, chain, RECV))] == [tx(9)]


@pytest.mark.parametrize("most_pages", [1, 2, 10, 99])
def test_many_rows_come_by_pages_and_by_halves(monkeypatch, most_pages: int) -> None:
    small_pages(monkeypatch, 10)
    chain = Chain(most_pages=most_pages)
    mapper = started(chain)
    chain.head += 30
    chain.events += [Event(1001 + n // 4, tx(n), M * M) for n in range(120)]
    chain.events += [Event(1005, tx(500), M * M)] * 3
    found = transfers(turn(mapper, chain, RECV))
    assert sorted(fact.tx_hash for fact in found) == sorted([*(tx(n) for n in range(120)), *[tx(500)] * 3])
    pages = {path.rpartition("page=")[2].partition("&")[0] for path in chain.asked if "getLogs" in path}
    assert pages == {str(n) for n in range(1, min(most_pages + 1, MOST_PAGES) + 1)}


def test_a_block_that_is_too_full_is_told_and_does_not_stop_the_rest(monkeypatch) -> None:
    small_pages(monkeypatch, 5)
    chain = Chain(most_pages=1)
    mapper = started(chain)
    chain.head += 2
    chain.events += [Event(1001, tx(n), M * M) for n in range(8)] + [Event(1002, tx(99), M * M)]
    found = [fact.tx_hash for fact in transfers(turn(mapper, chain, RECV))]
    assert sorted(found) == sorted([*(tx(n) for n in range(5)), tx(99)])
    assert mapper.sweep.cursors[0].cut == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.lists(st.lists(st.integers(1, 3), max_size=4), min_size=1, max_size=25),
    steps=st.lists(st.integers(0, 12), min_size=1, max_size=8),
    most_pages=st.integers(1, 4),
    failing=st.sets(st.integers(0, 7), max_size=3),
)
def test_every_transfer_after_the_start_comes_once(monkeypatch, counts, steps, most_pages, failing) -> None:
    small_pages(monkeypatch, 14)  # more than any block holds
    chain = Chain(most_pages=most_pages)
    number = 0
    for offset, twins in enumerate(counts):
        for times in twins:
            number += 1
            chain.events += [Event(1001 + offset, tx(number), M * M)] * times
    mapper = started(chain)
    found: list[StablecoinTransfer] = []
    for at, step in enumerate([*steps, 30, 30]):
        chain.head += step
        chain.refuse = {"getLogs": "Query failed"} if at in failing else {}
        found += transfers(turn(mapper, chain, RECV + at))
    expected = sorted(event.tx for event in chain.events)
    assert sorted(fact.tx_hash for fact in found) == expected
    assert not any(fact.backfill for fact in found)


def test_refused_events_are_asked_for_the_other_way_until_they_come_again() -> None:
    chain = Chain()
    mapper = started(chain)
    chain.refuse = {"getLogs": "module is disabled"}
    items: list = []
    for _ in range(4):
        chain.head += 1
        chain.events.append(Event(chain.head, tx(chain.head), M * M))
        items += turn(mapper, chain, RECV)
    assert [fact.block for fact in transfers(items)] == [1001, 1002, 1003, 1004]
    assert {fact.log_index for fact in transfers(items)} == {None}
    assert ("transfers", "down", "CLRI-NET-004") in states(items)
    assert states(items)[-1][:2] == ("supply_events", "down")
    chain.refuse = {}
    asked = len(chain.asked)
    for _ in range(OTHER_TURNS):
        turn(mapper, chain, RECV)
    assert any("tokentx" in path for path in chain.asked[asked:])
    asked = len(chain.asked)
    chain.head += 1
    assert transfers(turn(mapper, chain, RECV)) == []  # the same moves, told with an index now
    assert not any("tokentx" in path for path in chain.asked[asked:])


@pytest.mark.parametrize(
    ("words", "state", "code"),
    [
        ("Invalid API Key (#err2)|x-", "down", "CLRI-KEY-002"),
        ("Max calls per sec rate limit reached (3/sec)", "rate_limited", "CLRI-NET-429"),
    ],
)
def test_a_service_that_says_stop_is_asked_less_often(words, state, code) -> None:
    chain = Chain()
    mapper = started(chain)
    chain.refuse = {"chainid": words}
    items = [item for _ in range(8) for item in turn(mapper, chain, RECV)]
    assert states(items) == [("transfers", state, code)]
    assert words in items[0].detail
    assert mapper.sweep.every_s == LONGEST_S
    chain.refuse = {}
    assert ("transfers", "up", None) in states(turn(mapper, chain, RECV))
    assert mapper.sweep.every_s == 30.0


def test_a_long_absence_is_a_gap_and_not_caught_up() -> None:
    chain = Chain()
    mapper = started(chain)
    chain.head += MOST_BEHIND + 100
    chain.events += [Event(1050, tx(1), M * M), Event(1200, tx(2), M * M)]
    items = turn(mapper, chain, RECV)
    assert [fact.block for fact in transfers(items)] == [1200]
    (gap,) = [item for item in items if isinstance(item, FeedStatus) and item.state == "gap"]
    assert gap.gap_to - gap.gap_from == (MOST_BEHIND + 100 - MOST_BEHIND - 1) * 12 * 10**9
    assert ("transfers", "up", None) in states(items)


def test_a_quiet_service_gives_a_sign_of_life_each_minute() -> None:
    chain = Chain()
    mapper = made()
    ups = []
    for second in range(0, 300, 30):
        chain.head += 2
        ups += [item for item in turn(mapper, chain, RECV + second * 10**9) if isinstance(item, FeedStatus)]
    assert [item.channel for item in ups] == ["transfers", "supply_events"] * 5
    assert {item.state for item in ups} == {"up"}


@pytest.mark.parametrize(
    "change",
    [
        {"topics": []},
        {"topics": ["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"]},
        {"data": "0x" + "f" * 64},
        {"data": "12"},
        {"data": None},
        {"address": stranger(1)},
        {"timeStamp": hex(T0 * 1000)},
        {"blockNumber": "0x"},
        {"transactionHash": "0x12"},
        {"logIndex": 5},
    ],
)
def test_a_broken_row_costs_no_neighbour_and_is_counted(change) -> None:
    chain = Chain()
    mapper = started(chain)
    chain.head += 1
    good, bad = Event(1001, tx(1), M * M).log(0), Event(1001, tx(2), M * M).log(1) | change
    path = f"GET {mapper.sweep.following().path}"
    mapper.reply(path, chain.answer(path), RECV)
    path = f"GET {mapper.sweep.following().path}"
    raw = json.dumps({"status": "1", "message": "OK", "result": [good, bad]}).encode()
    assert [fact.tx_hash for fact in transfers(mapper.reply(path, raw, RECV))] == [tx(1)]
    assert sum(count for key, count in mapper.tally.rows.items() if key.startswith("quarantined")) == 1


def test_rows_that_cannot_be_read_at_all_stop_the_cursor() -> None:
    chain = Chain()
    mapper = started(chain)
    chain.head += 1
    before = mapper.sweep.cursors[0].following_block
    path = f"GET {mapper.sweep.following().path}"
    mapper.reply(path, chain.answer(path), RECV)
    path = f"GET {mapper.sweep.following().path}"
    bad = Event(1001, tx(2), M * M).log(1) | {"data": "?"}
    items = mapper.reply(path, json.dumps({"status": "1", "message": "OK", "result": [bad]}).encode(), RECV)
    assert states(items) == [("transfers", "down", "CLRI-FEED-010")]
    assert mapper.sweep.cursors[0].following_block == before


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b'{"status":"1"}', b'{"result":' + b"[" * 50_000, b"\xff"])
def test_replies_that_are_none_are_counted(raw: bytes) -> None:
    for path in ("?module=proxy&action=eth_blockNumber", "?action=getLogs&page=1", "?action=tokentx&page=1"):
        mapper = made()
        assert transfers(mapper.reply(f"GET {path}", raw, RECV)) == []
        assert [key.partition(":")[0] for key in mapper.tally.frames] == ["quarantined"]
