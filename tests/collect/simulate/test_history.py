"""Minute rows of the days before: complete, in the units of live rows, and ending where the tape begins."""

import numpy as np
import pytest

from clri.collect.simulate.coins import COINS, PLACES
from clri.collect.simulate.history import rows_of
from clri.collect.simulate.market.params import make_params
from clri.collect.simulate.script import Scenario
from clri.collect.simulate.source import SimulatedEvent
from clri.model.facts import Liquidation
from clri.model.names import EXCHANGES
from clri.model.observation import NUMBERS
from clri.model.timebase import MINUTE
from clri.observe.row import RowBuilder
from tests.collect.simulate.runs import START, market

SHORT = Scenario("short", "x", 4, before=1500)
SYMBOLS = tuple(coin.symbol for coin in COINS)


@pytest.fixture(scope="module")
def event() -> SimulatedEvent:
    return SimulatedEvent(9, SHORT, START)


def test_rows_come_by_the_day_and_end_where_the_event_begins(event: SimulatedEvent) -> None:
    days = list(event.history())
    assert [rows.shape for _, rows in days] == [(len(NUMBERS), height, len(COINS)) for height in (1440, 60)]
    assert days[1][0] - days[0][0] == 1440 * MINUTE
    assert days[1][0] + 59 * MINUTE == event.start
    again = list(event.history())
    assert all(np.array_equal(a[1], b[1], equal_nan=True) for a, b in zip(days, again, strict=True))


def test_the_last_row_agrees_with_the_first_live_ones(event: SimulatedEvent) -> None:
    *_, (_, rows) = event.history()
    builders = {symbol: RowBuilder(symbol, "replay-simulated", EXCHANGES) for symbol in SYMBOLS}
    facts = [fact for fact in event.facts() if fact.ts <= START + 2 * MINUTE]
    for fact in facts:
        for builder in builders.values():
            builder.add(fact)
    loose = {
        "price": 5e-3,
        "close": 5e-3,
        "index": 5e-3,
        "spot_p": 5e-3,
        "long_short": 0.05,
        "ls_": 0.05,
        "oi_top": 0.05,
    }
    loose |= {"bid": 0.35, "ask": 0.35, "funding": 0.3}
    # An hour has just begun: the hourly venue's mean premium, hence the range of rates, starts anew.
    skip = (
        "liq_",
        "cascade",
        "age_",
        "open",
        "high",
        "low",
        "settled",
        "spread",
        "n_",
        "cov_",
        "volume_1h",
        "funding_m",
    )
    for lane, symbol in enumerate(SYMBOLS):
        builders[symbol].close(START + MINUTE)
        row = builders[symbol].close(START + 2 * MINUTE)
        for column, name in enumerate(NUMBERS):
            if name.startswith(skip):
                continue
            before, now = rows[column, -1, lane], getattr(row, name)
            assert np.isnan(before) == (now is None), f"{symbol} {name}: {before} then {now}"
            if now is not None:
                rel = next((value for key, value in loose.items() if name.startswith(key)), 0.03)
                assert now == pytest.approx(before, rel=rel, abs=2e-5), f"{symbol} {name}"
    assert not [fact for fact in facts if isinstance(fact, Liquidation) and fact.usd <= 0.0]


def test_rows_hold_together() -> None:
    params = make_params()
    first, found = rows_of(market(13).go(1440, 60), params)
    rows = dict(zip(NUMBERS, found, strict=True))
    assert first % MINUTE == 0
    assert (rows["low"] <= np.minimum(rows["open"], rows["close"])).all()
    assert (rows["high"] >= np.maximum(rows["open"], rows["close"])).all()
    np.testing.assert_array_equal(rows["open"][1:], rows["close"][:-1])
    assert (rows["funding_min_8h"] <= rows["funding_8h"] + 1e-15).all()
    assert (rows["funding_8h"] <= rows["funding_max_8h"] + 1e-15).all()
    settled = ~np.isnan(rows["settled_8h"][:, 0])
    assert settled.sum() == 3
    assert (rows["oi_top_share"] < 0.4).all()
    assert ((rows["liq_max_usd"] > 0.0) == (rows["liq_long_n"] + rows["liq_short_n"] > 0)).all()
    some = rows["liq_max_usd"] > 0.0
    assert (np.isnan(rows["liq_complete_share"]) == ~some).all()
    assert (rows["liq_complete_share"][some] >= 0.0).all()
    assert (rows["liq_complete_share"][some] <= 1.0 + 1e-12).all()
    assert (rows["liq_max_usd"] <= rows["liq_long_usd"] + rows["liq_short_usd"] + 1e-6).all()
    lone = COINS.index(next(coin for coin in COINS if coin.symbol == "DOGE"))
    assert (rows["n_spot"][:, lone] == len(PLACES) - 1).all()
    assert (rows["n_ls"] == len(PLACES) - 1).all()


def test_the_price_is_the_weighted_median_of_the_marks() -> None:
    stretch = market(13).go(30, 60)
    price = rows_of(stretch, make_params())[1][NUMBERS.index("price")]
    for row in range(30):
        for lane in range(len(COINS)):
            marks, held = stretch.told[0, row, :, lane], stretch.told[2, row, :, lane]
            by_price = sorted(zip(marks.tolist(), held.tolist(), strict=True))
            below = np.cumsum([coins for _, coins in by_price])
            middle = next(n for n, coins in enumerate(below) if coins >= 0.5 * held.sum())
            assert price[row, lane] == by_price[middle][0]
