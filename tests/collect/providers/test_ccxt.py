"""Polls through ccxt, by a stand-in with its unified replies: units that are unknown give nothing."""

import asyncio
import contextlib
import importlib
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.providers import ccxt_polls
from clri.collect.providers.ccxt_polls import LONGEST_S, CcxtPolls, figures, load, perpetuals
from clri.collect.providers.elsewhere import Elsewhere
from clri.model.errors import ConfigError, QuarantineError
from tests.collect.transport.clocks import FakeClock, turns

BTC = "BTC/USDT:USDT"
MARKET = {
    "symbol": BTC,
    "base": "BTC",
    "settle": "USDT",
    "swap": True,
    "linear": True,
    "active": True,
    "contractSize": 0.001,
}


class Exchange:
    """An exchange with every call at once."""

    has = {"fetchFundingRates": True, "fetchTickers": True, "fetchOpenInterests": True}  # noqa: RUF012
    closed = 0

    def __init__(self, options: dict) -> None:
        assert options["enableRateLimit"] is True
        self.markets = {
            BTC: MARKET,
            "ETH/USDT:USDT": MARKET | {"base": "ETH"},
            "BTC/USD": {"base": "BTC", "spot": True},
        }
        self.failing = False
        self.asked: list[tuple[str, object]] = []
        Exchange.last = self

    async def load_markets(self, reload: bool) -> None:
        self.asked.append(("load", reload))
        if self.failing:
            raise ConnectionError("GET https://exchange/?key=c4n4ry")

    async def fetchFundingRates(self, symbols):  # noqa: N802
        return {symbol: {"fundingRate": 0.0002, "interval": "4h", "markPrice": 60000.0} for symbol in symbols}

    async def fetchTickers(self, symbols):  # noqa: N802
        return {symbol: {"last": 60010.0, "quoteVolume": 1e9} for symbol in symbols}

    async def fetchOpenInterests(self, symbols):  # noqa: N802
        return {symbol: {"openInterestAmount": 5e6, "openInterestValue": 3e8} for symbol in symbols}

    async def close(self) -> None:
        Exchange.closed += 1


class Single(Exchange):
    """An exchange that is asked contract by contract, and has no tickers."""

    has = {"fetchFundingRates": False, "fetchFundingRate": True, "fetchOpenInterest": True}  # noqa: RUF012

    async def fetchFundingRate(self, symbol):  # noqa: N802
        self.asked.append(("rate", symbol))
        return {"fundingRate": 0.0001, "interval": None, "markPrice": 60000.0}

    async def fetchOpenInterest(self, _symbol):  # noqa: N802
        return {"openInterestAmount": 5000.0, "openInterestValue": None}


class Library:
    exchanges = ("whitebit", "phemex", "okx")
    whitebit, phemex = Exchange, Single


@contextlib.asynccontextmanager
async def polling(name: str):
    clock, board, facts = FakeClock(), Elsewhere(), []

    async def emit(batch) -> None:
        facts.extend(batch)

    polls = CcxtPolls([name], ["BTC"], board, emit, clock=clock, library=Library)
    task = asyncio.create_task(polls.run())
    await turns()
    try:
        yield clock, board, facts, polls
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_figures_come_each_minute_and_the_exchange_is_closed_at_the_end() -> None:
    async def main() -> None:
        before = Exchange.closed
        async with polling("whitebit") as (clock, board, facts, _):
            await clock.advance(130.0)
            (row,) = board.rows("BTC", clock.wall_ns())
            assert (row.provider, row.exchange, row.raw, row.oi_base, row.oi_usd) == (
                "ccxt",
                "whitebit",
                BTC,
                5000.0,
                3e8,
            )
            assert (row.rate, row.rate_8h, row.mark, row.volume24h_usd) == (0.0002, 0.0004, 60000.0, 1e9)
            assert Exchange.last.asked == [("load", True), ("load", False), ("load", False)]
            assert [(fact.venue, fact.channel, fact.state) for fact in facts][:1] == [("clri", "ccxt.whitebit", "up")]
            assert board.rows("ETH", clock.wall_ns()) == []
        assert Exchange.closed == before + 1

    asyncio.run(main())


def test_contract_by_contract_and_an_amount_without_a_value_is_of_unknown_unit() -> None:
    async def main() -> None:
        async with polling("phemex") as (clock, board, _, __):
            (row,) = board.rows("BTC", clock.wall_ns())
            assert (row.oi_base, row.oi_usd, row.rate, row.rate_8h) == (None, None, 0.0001, None)
            assert Exchange.last.asked == [("load", True), ("rate", BTC)]

    asyncio.run(main())


def test_a_failure_is_told_once_without_its_text_and_asked_less_often() -> None:
    async def main() -> None:
        async with polling("whitebit") as (clock, _, facts, __):
            Exchange.last.failing = True
            await clock.advance(3000.0)
            down = [fact for fact in facts if fact.state == "down"]
            assert [(fact.code, fact.detail) for fact in down] == [("CLRI-NET-004", "ccxt failed: ConnectionError")]
            assert len(Exchange.last.asked) < 3000 / 60 / 3
            Exchange.last.failing = False
            await clock.until(lambda: facts[-1].state == "up", LONGEST_S + 1.0)

    asyncio.run(main())


def test_an_exchange_without_the_coins_is_told() -> None:
    async def main() -> None:
        async with polling("whitebit") as (clock, _, facts, __):
            Exchange.last.markets = {}
            await clock.advance(61.0)
            assert "none of the symbols" in facts[-1].detail

    asyncio.run(main())


@pytest.mark.parametrize(
    ("names", "words"), [(["okx"], "own adapter"), (["whitbit"], "did you mean whitebit"), (["zzz"], "does not know")]
)
def test_names_are_checked_at_the_start(names, words) -> None:
    with pytest.raises(ConfigError, match=words):
        CcxtPolls(names, ["BTC"], Elsewhere(), None, library=Library)


def test_without_the_library_the_command_is_named(monkeypatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ConfigError, match=r"ccxt cannot be loaded") as caught:
        load()
    assert "pip install 'clri[ccxt]'" in caught.value.hint


def test_the_library_is_not_loaded_with_the_package() -> None:
    assert "import ccxt" not in Path(ccxt_polls.__file__).read_text(encoding="utf-8")


@given(
    size=st.floats(1.0, 1e8),
    price=st.floats(0.01, 1e5),
    contract=st.sampled_from([0.001, 0.01, 1.0, 10.0, 1000.0]),
    unit=st.sampled_from(["coins", "contracts", "thousands"]),
)
def test_open_interest_counts_only_in_a_unit_that_value_and_price_confirm(size, price, contract, unit) -> None:
    coins = {"coins": size, "contracts": size * contract, "thousands": size * 777.0}[unit]
    if coins >= 1e15 or not 0 < coins * price < 1e12:
        return
    told = {"openInterestAmount": size, "openInterestValue": coins * price}
    found = figures(0, "x", MARKET | {"contractSize": contract}, {"markPrice": price}, {}, told)
    if unit == "thousands":
        assert (found.oi_base, found.oi_usd) == (None, None)
    else:
        assert math.isclose(found.oi_base, coins, rel_tol=1e-9)
        assert math.isclose(found.oi_usd, coins * price, rel_tol=1e-9)


@pytest.mark.parametrize(
    "rate", [{"fundingRate": 0.2}, {"fundingRate": 0.0001, "interval": "48h"}, {"markPrice": -5.0}]
)
def test_values_beyond_their_range_are_refused(rate) -> None:
    with pytest.raises(QuarantineError):
        figures(0, "x", MARKET, rate, {}, {})


def test_only_linear_perpetuals_against_a_dollar() -> None:
    others = [{"swap": False}, {"linear": False}, {"active": False}, {"base": "XYZ"}, {"settle": "BTC"}]
    markets = {str(n): MARKET | change for n, change in enumerate([{}, *others])}
    assert perpetuals(markets, frozenset({"BTC"})) == [MARKET]
