"""CoinGecko and DefiLlama: prices, derivatives elsewhere, supply."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.providers.coingecko.coins import COINS, IDS
from clri.collect.providers.coingecko.mapper import CoinGeckoMapper
from clri.collect.providers.defillama.mapper import DefiLlamaMapper
from clri.collect.providers.elsewhere import Elsewhere, Figures
from clri.collect.providers.mapper import Watch
from clri.model.control import FeedStatus
from clri.model.facts import StablecoinSupply, Ticker

T0 = 1_790_000_000
RECV = T0 * 10**9
PRICES = "GET /simple/price?ids=bitcoin&vs_currencies=usd"
SUPPLY = "GET /stablecoins?includePrices=true"


def gecko(*symbols: str) -> CoinGeckoMapper:
    return CoinGeckoMapper(Watch(symbols=symbols or ("BTC",)))


def read(mapper, path: str, body) -> list:
    return mapper.reply(path, json.dumps(body).encode(), RECV)


def test_prices_become_tickers_of_the_spot_market() -> None:
    body = {
        "bitcoin": {"usd": 60000, "usd_24h_vol": 3.1e10, "usd_24h_change": -1.5, "last_updated_at": T0 - 40},
        "solana": {"usd": 150.5},
        "never-heard-of": {"usd": 1},
        "cardano": {"usd": None},
        "ripple": {"usd": "NaN"},
    }
    mapper = gecko()
    items = read(mapper, PRICES, body)
    assert items[:2] == [
        Ticker(
            RECV,
            (T0 - 40) * 10**9,
            "BTC",
            "coingecko",
            "spot",
            "bitcoin",
            "aggregator",
            None,
            False,
            60000.0,
            None,
            3.1e10,
            -1.5,
            None,
            None,
        ),
        Ticker(
            RECV,
            None,
            "SOL",
            "coingecko",
            "spot",
            "solana",
            "aggregator",
            None,
            False,
            150.5,
            None,
            None,
            None,
            None,
            None,
        ),
    ]
    assert [(item.channel, item.state) for item in items[2:]] == [("prices", "up")]
    assert mapper.tally.rows == {"ignored:no_name": 1, "quarantined:not_finite": 1}


def test_coins_without_a_name_are_not_guessed() -> None:
    mapper = gecko()
    paths = [poll.path for poll in mapper.polls(["BTC", "NOSUCH", "DOGE"])]
    assert [path for path in paths if path.startswith("/simple/price?ids=bitcoin,dogecoin&")]
    assert mapper.tally.rows == {"ignored:no_name": 1}
    assert [poll.name for poll in mapper.polls(["NOSUCH"])] == ["derivatives"]
    assert len(COINS) == len(IDS)


def test_a_month_of_calls_stays_below_the_quota() -> None:
    assert sum(30 * 86_400 / poll.every_s for poll in gecko().polls(["BTC"])) == 7_200


def test_derivatives_are_figures_without_an_8h_rate() -> None:
    def contract(**changes) -> dict:
        row = {
            "market": "Deribit",
            "symbol": "BTC-PERPETUAL",
            "index_id": "BTC",
            "price": "60000.5",
            "contract_type": "perpetual",
            "funding_rate": 0.01,
            "open_interest": 1.1e9,
            "volume_24h": 5e8,
            "expired_at": None,
        }
        return row | changes

    mapper = gecko("BTC")
    body = [
        contract(),
        contract(market="A", contract_type="futures"),
        contract(market="B", index_id="XYZ"),
        contract(market="C", expired_at=5),
        contract(market="D", open_interest=None, funding_rate=None, volume_24h=None, price=None),
        contract(market="E", funding_rate=700),
        contract(market="F", open_interest=0, volume_24h=0),
    ]
    items = read(mapper, "GET /derivatives", body)
    assert [(item.channel, item.state) for item in items] == [("derivatives", "up")]
    rows = mapper.elsewhere.rows("BTC", RECV)
    assert [row.exchange for row in rows] == ["Deribit", "F"]
    first = rows[0]
    assert (first.rate, first.interval_h, first.rate_8h, first.mark) == (pytest.approx(1e-4), None, None, 60000.5)
    assert (first.oi_usd, first.volume24h_usd, first.raw) == (1.1e9, 5e8, "BTC-PERPETUAL")
    assert mapper.tally.rows == {"quarantined:range": 1}


def test_a_reply_of_many_megabytes_is_read_up_to_the_cap() -> None:
    row = {"market": "M", "symbol": "X", "index_id": "NO", "contract_type": "perpetual"}
    raw = json.dumps([row] * 150_000).encode()
    assert 8 << 20 < len(raw) < 24 << 20
    assert gecko().reply("GET /derivatives", raw, RECV)[0].state == "up"
    mapper = gecko()
    assert [item.detail for item in mapper.reply("GET /derivatives", raw * 3, RECV)] == ["a reply could not be read"]
    assert mapper.tally.frames == {"quarantined:too_large": 1}


def test_a_refusal_with_status_200() -> None:
    mapper = gecko()
    wrong = {"status": {"error_code": 10002, "error_message": "API Key Missing"}}
    items = (
        read(mapper, PRICES, wrong) + read(mapper, PRICES, wrong) + read(mapper, "GET /derivatives", {"error": "busy"})
    )
    assert [(item.channel, item.state, item.code, item.detail) for item in items] == [
        ("prices", "down", "CLRI-KEY-002", "API Key Missing"),
        ("derivatives", "down", "CLRI-NET-004", "busy"),
    ]


def asset(name: str, circulating, **chains) -> dict:
    current = {chain: {"current": {"peggedUSD": amount}} for chain, amount in chains.items()}
    return {
        "gecko_id": name,
        "symbol": "?",
        "circulating": {"peggedUSD": circulating},
        "chainCirculating": current,
        "price": 1,
    }


def test_supply_of_all_chains_and_of_those_told_apart() -> None:
    body = {
        "peggedAssets": [
            asset("tether", 1.8e11, Ethereum=9e10, Tron=8e10, Solana=2e9),
            asset("usd-coin", "7e10", Ethereum=4e10),
            asset("dai", 5e9),
        ]
    }
    items = read(DefiLlamaMapper(), SUPPLY, body)
    assert [(item.token, item.chain, item.supply_usd) for item in items if isinstance(item, StablecoinSupply)] == [
        ("USDT", None, 1.8e11),
        ("USDT", "Ethereum", 9e10),
        ("USDT", "Tron", 8e10),
        ("USDC", None, 7e10),
        ("USDC", "Ethereum", 4e10),
    ]
    assert items[0].symbol == "MARKET"
    assert (items[0].venue, items[0].market, items[0].src) == ("defillama", "chain", "aggregator")


@pytest.mark.parametrize(
    "body", [{"peggedAssets": []}, {"peggedAssets": [asset("dai", 1)]}, {"peggedAssets": [asset("tether", None)]}]
)
def test_a_supply_without_the_tokens_is_told_as_down(body) -> None:
    (item,) = read(DefiLlamaMapper(), SUPPLY, body)
    assert isinstance(item, FeedStatus)
    assert (item.state, item.code) == ("down", "CLRI-NET-004")


def test_a_broken_token_costs_no_other() -> None:
    mapper = DefiLlamaMapper()
    items = read(mapper, SUPPLY, {"peggedAssets": [asset("tether", -5), asset("usd-coin", 7e10), {"gecko_id": 5}]})
    assert [item.token for item in items if isinstance(item, StablecoinSupply)] == ["USDC"]
    assert mapper.tally.rows == {"quarantined:range": 1, "quarantined:schema": 1}


ROWS = st.builds(
    Figures,
    st.integers(0, 50),
    st.sampled_from(["coinglass", "ccxt"]),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["BTC", "ETH"]),
    st.sampled_from(["oi", "funding"]),
    oi_usd=st.none() | st.floats(0, 1e9),
)


@given(st.lists(ROWS, max_size=40), st.integers(0, 60), st.integers(0, 30))
def test_the_board_shows_the_newest_of_each(rows, now, within) -> None:
    board = Elsewhere()
    newest: dict[tuple, Figures] = {}
    for row in rows:
        board.put(row)
        key = (row.provider, row.exchange, row.symbol, row.kind)
        if row.oi_usd is not None and (key not in newest or newest[key].ts <= row.ts):
            newest[key] = row
    expected = sorted(
        (r for r in newest.values() if r.symbol == "BTC" and now - r.ts <= within),
        key=lambda r: (r.provider, r.exchange, r.kind),
    )
    assert board.rows("BTC", now, within) == expected


def test_the_board_is_bounded_and_counts_what_goes() -> None:
    board = Elsewhere(most=3)
    for n in range(5):
        board.put(Figures(n, "ccxt", str(n), "BTC", "oi", oi_usd=1.0))
    board.put(Figures(9, "ccxt", "2", "BTC", "oi", oi_usd=2.0))
    board.put(Figures(10, "ccxt", "new", "BTC", "oi", oi_usd=1.0))
    assert [row.exchange for row in board.rows("BTC", 10)] == ["2", "4", "new"]
    assert board.dropped == {"ccxt": 3}
