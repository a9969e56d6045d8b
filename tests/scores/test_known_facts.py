"""What everybody remembers: the crashes of 2021 and 2022 are loud and hit longs, quiet months are quiet."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from clri.engine.cadence import Cadence
from clri.model.observation import NUMBERS
from clri.scores.pairs import Pairs
from clri.scores.timeframes import Timeframes
from clri.scores.volatility import Volatility
from tests.scores.driving import by_name, drive
from tests.scores.panel_data import AT, tier

pytestmark = pytest.mark.dev_data
HOUR = 3_600
DAY = 86_400
LOUD = {"EXTREME", "EXPLOSIVE"}
CRASHES = ("2021-05-19", "2022-05-09", "2022-05-11", "2022-06-13", "2022-11-08", "2022-11-09")
"""May 2021; Luna; Three Arrows; FTX."""
ALSO_LOUD = ("2021-05-23", "2022-05-12", "2022-06-18", "2022-11-10")
"""Second waves: loud too, their liquidations on both sides or, after the turn, on shorts."""


@pytest.fixture(scope="module")
def daily(dev_data: Path) -> dict:
    """Readings of BTC and ETH by day, daily rows through the whole minute tier."""
    pl = pytest.importorskip("polars")
    frame = pl.read_parquet(dev_data / "history" / "panel_1d_dev.parquet")
    names = {"close": "price", "high": "high", "low": "low", "liq_long_usd": "liq_long_usd"}
    names |= {"liq_short_usd": "liq_short_usd"}
    symbols = ("BTC", "ETH")
    first = int(frame["ts"].min().timestamp()) // DAY
    height = int(frame["ts"].max().timestamp()) // DAY - first + 1
    x = np.full((len(NUMBERS), height, 2), np.nan)
    for lane, symbol in enumerate(symbols):
        rows = frame.filter(pl.col("symbol") == symbol)
        at = rows["ts"].dt.epoch("s").to_numpy() // DAY - first
        for column, name in names.items():
            x[AT[name], at, lane] = rows[column].to_numpy()
    x[AT["cov_liq"]] = 1.0
    minutes = tier(symbols, DAY).block(first + 1, x, "replay-recorded")  # a bar is known at its end
    begin = datetime.fromtimestamp(first * DAY, UTC)
    return {
        (reading.symbol, f"{begin + timedelta(days=n):%Y-%m-%d}"): reading
        for n, minute in enumerate(minutes)
        for reading in minute.readings
    }


@pytest.mark.parametrize("day", CRASHES)
@pytest.mark.parametrize("symbol", ["BTC", "ETH"])
def test_crashes_are_loud_and_hit_longs(daily: dict, symbol: str, day: str) -> None:
    found = daily[symbol, day]
    assert found.vol_regime in LOUD
    longs, shorts = found.long_liquidations_1h, found.short_liquidations_1h
    assert longs > 0.55 * (longs + shorts), "70 % on most; ETH on 13 June 58 %"


@pytest.mark.parametrize("day", ALSO_LOUD)
def test_second_waves_are_loud(daily: dict, day: str) -> None:
    assert daily["BTC", day].vol_regime in LOUD
    assert daily["ETH", day].vol_regime in LOUD


@pytest.mark.parametrize("month", ["2022-12", "2023-05", "2023-07", "2023-09"])
def test_quiet_months_are_quiet(daily: dict, month: str) -> None:
    regimes = {found.vol_regime for (symbol, day), found in daily.items() if symbol == "BTC" and day.startswith(month)}
    assert regimes <= {"STABLE", "HIGH_VOL"}


def test_rows_of_a_day_have_about_the_shares_of_hours(daily: dict) -> None:
    days = Counter(found.vol_regime for (symbol, _), found in daily.items() if symbol == "BTC")
    shares = [days[word] / days.total() for word in ("STABLE", "HIGH_VOL", "EXPLOSIVE", "EXTREME")]
    assert shares == pytest.approx([0.07, 0.81, 0.11, 0.016], abs=0.02)


@pytest.fixture(scope="module")
def hourly(dev_data: Path) -> dict[str, tuple[int, np.ndarray, np.ndarray]]:
    """First row number, closes and turnover in USD of hourly rows, by symbol."""
    pl = pytest.importorskip("polars")
    frame = pl.read_parquet(dev_data / "history" / "ohlcv_1h_dev.parquet").sort("ts")
    found = {}
    for symbol in ("BTC", "ETH", "SOL"):
        rows = frame.filter(pl.col("symbol") == symbol)
        ends = rows["ts"].dt.epoch("s").to_numpy() // HOUR + 1
        assert (np.diff(ends) == 1).all()
        found[symbol] = (int(ends[0]), rows["close"].to_numpy(), (rows["volume_base"] * rows["close"]).to_numpy())
    return found


def test_shares_of_hours(hourly: dict) -> None:
    t0, closes, _ = hourly["BTC"]
    x = np.full((3, len(closes), 1), np.nan)
    x[0, :, 0] = closes
    score = Volatility(Cadence(HOUR))
    out = by_name(score, drive(score, x, t0)[0])
    known = out["vol_24h"] == out["vol_24h"]
    bands = np.digitize(out["vol_24h"][known], [0.01, 0.05, 0.10], right=True)
    assert np.bincount(bands) / len(bands) == pytest.approx([0.076, 0.818, 0.095, 0.010], abs=0.001)
    regimes = out["vol_regime"][known]
    assert 24 * np.mean(np.diff(regimes) != 0) < 0.35, "changes a day; 0.44 without the way down at nine tenths"


def test_correlations_of_three_years(hourly: dict) -> None:
    """SEED never held, and decoupling began 16 to 18 times a year per pair."""
    start = min(first for first, _, _ in hourly.values())
    end = max(first + len(closes) for first, closes, _ in hourly.values())
    x = np.full((1, end - start, 3), np.nan)
    for lane, (first, closes, _) in enumerate(hourly.values()):
        x[0, first - start : first - start + len(closes), lane] = closes
    rows = Pairs(tuple(hourly), Cadence(HOUR)).rows(start * HOUR * 10**9, "replay-recorded", x)
    for at in range(3):
        found = [row[at] for row in rows]
        assert not any(reading.rule == "SEED" for reading in found)
        begun = sum(b.rule is not None and a.rule is None for a, b in itertools.pairwise(found))
        years = sum(reading.own_range and reading.correlation is not None for reading in found) / 8_766
        assert 15 < begun / years < 19


def test_timeframes_mostly_agree_on_nothing_happening(hourly: dict) -> None:
    """Among hours on which three of four agree, NEUTRAL is the rule: that is why it is never confirmed."""
    t0, closes, turnover = hourly["BTC"]
    score = Timeframes(Cadence(HOUR))
    out = by_name(score, drive(score, np.array([closes, turnover])[:, :, None], t0)[0])
    agreed = out["mtf_confidence"] > 0.7
    assert np.mean(out["mtf_regime"][agreed] == 0.0) > 0.75
    assert 0.05 < np.mean(out["mtf_confirmed"] == 1.0) < 0.15
