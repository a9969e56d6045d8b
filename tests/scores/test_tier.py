"""The whole minute tier: live = batch = resumed, against a slow truth, under any input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.model.codec import encode
from clri.model.errors import InputError, SnapshotError
from clri.model.observation import NUMBERS
from tests.scores.panel_data import AT, matrix, observations, tier

SYMBOLS = ("BTC", "ETH", "SOL")
STEP = 4 * 3600
T0 = 120_000


def lines(pairs) -> list[bytes]:
    return [encode(item) for minute in pairs for item in minute.outputs()]


def test_live_rows_equal_one_batch() -> None:
    x = matrix(400, 3)
    batch = lines(tier().block(T0, x, "live"))
    live_tier = tier()
    live = lines(live_tier.row(row) for row in observations(x, T0, SYMBOLS, Cadence(STEP)))
    assert live == batch


@given(st.lists(st.integers(1, 399), max_size=4), st.booleans())
@settings(max_examples=15)
def test_cut_and_resumed_equals_whole(cuts: list[int], resume: bool) -> None:
    x = matrix(400, 3, seed=2)
    whole_tier = tier()
    whole = lines(whole_tier.block(T0, x, "live"))
    edges = [0, *sorted(set(cuts)), 400]
    part_tier, parts = tier(), []
    for start, end in itertools.pairwise(edges):
        if resume:
            saved, part_tier = part_tier.snapshot(), tier()
            part_tier.restore(saved)
        parts += lines(part_tier.block(T0 + start, x[:, start:end], "live"))
    assert parts == whole
    assert part_tier.snapshot() == whole_tier.snapshot()


def test_an_outage_equals_rows_of_missing_input() -> None:
    x = matrix(300, 3, seed=3)
    x[:, 100:180] = np.nan
    fed = tier()
    whole = [lines([minute]) for minute in fed.block(T0, x, "live")]
    skipped = tier()
    first = [lines([minute]) for minute in skipped.block(T0, x[:, :100], "live")]
    rest = [lines([minute]) for minute in skipped.block(T0 + 180, x[:, 180:], "live")]
    assert first + rest == whole[:100] + whole[180:]
    assert skipped.panel.snapshot() == fed.panel.snapshot()


def test_a_row_never_comes_twice() -> None:
    at = tier()
    list(at.block(T0, matrix(2, 3), "live"))
    with pytest.raises(InputError, match="again"):
        list(at.block(T0 + 1, matrix(2, 3), "live"))


def test_lanes_do_not_touch_each_other() -> None:
    x = matrix(200, 3, seed=4)
    whole = tier().panel.block(T0, x).copy()
    alone = tier(("ETH",)).panel.block(T0, np.ascontiguousarray(x[:, :, 1:2]))
    assert whole[:, :, 1:2].tobytes() == alone.tobytes()


def test_started_later_ends_in_equal_outputs() -> None:
    full = 17 + 6 + 2 * 365 * 6  # a day of changes, then a year of volatility, twice for what is refreshed at anchors
    x = matrix(full + 137, 3, seed=5)
    early, late = tier(), tier()
    early.panel.block(T0, x[:, :full])
    late.panel.block(T0 + 17, x[:, 17:full])
    a = early.panel.block(T0 + full, x[:, full:]).copy()
    b = late.panel.block(T0 + full, x[:, full:])
    assert a.tobytes() == b.tobytes()
    assert early.panel.snapshot() == late.panel.snapshot()


def test_minute_rows_match_a_slow_truth() -> None:
    """One column after the other recomputed with numpy from the whole past, at 5-minute rows."""
    x = matrix(900, 1, seed=6, missing=0.05)
    at = tier(("BTC",), step_s=300)
    rows = at.panel.block(1_000_000, x)

    def column(name):
        return rows[at.panel.columns[name], :, 0]

    funding = np.abs(x[AT["funding_8h"], :, 0])
    liq = x[AT["liq_long_usd"], :, 0] + x[AT["liq_short_usd"], :, 0]
    for t in range(600, 900, 7):
        past = np.log1p(np.array([hour(liq, x, s) for s in range(t - 2016 if t > 2016 else 0, t)]))
        past = past[~np.isnan(past)]
        if len(past) < 576:
            assert np.isnan(column("liq_z")[t])
            continue
        now = np.log1p(hour(liq, x, t))
        z = (now - np.median(past)) / max(1.4826 * np.median(np.abs(past - np.median(past))), 0.1)
        assert column("liq_z")[t] == pytest.approx(z, nan_ok=True, rel=1e-9, abs=1e-12)
        share = 100 * (np.sum(past < now) + 0.5 * np.sum(past == now)) / len(past)
        assert column("liquidation_percentile")[t] == pytest.approx(share if now == now else np.nan, nan_ok=True)
        if funding[t] == funding[t]:
            assert column("abs_funding")[t] == funding[t]


def hour(liq, x, t):
    longs = x[AT["liq_long_usd"], max(0, t - 11) : t + 1, 0]
    shorts = x[AT["liq_short_usd"], max(0, t - 11) : t + 1, 0]
    if np.count_nonzero(~np.isnan(longs)) < 10.8 or np.count_nonzero(~np.isnan(shorts)) < 10.8:
        return np.nan
    return np.nansum(longs) + np.nansum(shorts)


def test_state_of_others_is_refused() -> None:
    with pytest.raises(SnapshotError):
        tier(("BTC",)).restore(tier(("ETH",)).snapshot())
    with pytest.raises(SnapshotError):
        tier().restore(b"\x00" * 40)


cell = st.one_of(st.just(np.nan), st.floats(0, 1e9), st.sampled_from([0.0, 1.0, 1e-12, 1e12]))


@given(st.lists(st.lists(cell, min_size=len(NUMBERS), max_size=len(NUMBERS)), min_size=1, max_size=6))
@settings(max_examples=25)
def test_any_input_gives_finite_numbers_in_range(rows) -> None:
    x = np.array(rows).T[:, :, None]
    for group in ("cov_price", "cov_funding", "cov_oi", "cov_volume", "cov_spot", "cov_liq", "cov_book"):
        x[AT[group]] = np.clip(x[AT[group]], 0, 1)
    at = tier(("BTC",))
    columns = at.panel.block(T0, x)
    for score in at.panel.scores:
        for column in score.outputs:
            values = columns[at.panel.columns[column.name]]
            values = values[~np.isnan(values)]
            assert np.isfinite(values).all(), column.name
            if column.low is not None:
                assert (values >= column.low - 1e-9).all(), column.name
            if column.high is not None:
                assert (values <= column.high + 1e-9).all(), column.name
