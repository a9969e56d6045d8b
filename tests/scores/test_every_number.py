"""Whatever the rows hold, no number of the whole minute tier leaves its declared range or stops being a number."""

import math
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.app.assemble import build_tier
from clri.engine.cadence import Cadence
from clri.model.codec import encode
from clri.model.observation import NUMBERS
from tests.scores.panel_data import AT, matrix

SYMBOLS = ("BTC", "ETH")
DAY_ROWS = {60: 1440, 300: 288, 4 * 3600: 6}
ZEROS = ("perp_volume_24h_usd", "spot_volume_24h_usd", "liq_long_usd", "liq_short_usd", "bid_depth_usd", "oi_usd")


def numbers(value: Any) -> Iterator[float]:
    """Every float inside a reading."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from numbers(part)


@st.composite
def panels(draw) -> tuple[int, np.ndarray]:
    """A cadence, and rows with what venues do to them: holes, zeros, constants, huge values, a day of nothing."""
    step = draw(st.sampled_from(sorted(DAY_ROWS)))
    x = matrix(draw(st.integers(2, 400)), len(SYMBOLS), draw(st.integers(0, 1 << 30)), draw(st.floats(0, 1)))
    rows = x.shape[1]
    for name in draw(st.sets(st.sampled_from(NUMBERS), max_size=20)):
        x[AT[name]] = np.nan
    for name in draw(st.sets(st.sampled_from(ZEROS), max_size=4)):
        x[AT[name], draw(st.integers(0, rows - 1)) :] = 0.0
    for name in draw(st.sets(st.sampled_from(NUMBERS), max_size=10)):
        x[AT[name]] = x[AT[name], :1]
    factor = draw(st.sampled_from([1.0, 1e-9, 1e9]))
    for name in ("price", "oi_usd", "oi_index", "liq_long_usd"):
        x[AT[name]] *= factor
    if draw(st.booleans()):
        start = draw(st.integers(0, rows - 1))
        x[:, start : start + DAY_ROWS[step]] = np.nan
    if draw(st.booleans()):
        x[AT["n_price"]] = 1.0
        x[AT["oi_top_share"]] = 1.0
    return step, x


@given(panels())
@settings(max_examples=25, deadline=None)
@pytest.mark.timeout(180)
def test_every_column_stays_in_its_range_and_every_reading_is_made_of_numbers(panel: tuple[int, np.ndarray]) -> None:
    step, x = panel
    tier = build_tier(SYMBOLS, Cadence(step))
    columns = {column.name: column for score in tier.panel.scores for column in score.outputs}
    for minute in tier.block(100_000, x, "live"):
        for item in minute.outputs():
            assert all(math.isfinite(value) for value in numbers(msgspec.to_builtins(item)))
            encode(item)
    known = build_tier(SYMBOLS, Cadence(step)).panel.block(100_000, x)
    assert not np.isinf(known).any()
    for name, at in tier.panel.columns.items():
        if name in columns:
            values = known[at][np.isfinite(known[at])]
            low, high = columns[name].low, columns[name].high
            assert low is None or (values >= low).all(), (name, values.min())
            assert high is None or (values <= high).all(), (name, values.max())


def test_the_ranges_are_not_empty_words() -> None:
    """Most columns of a plain walk are known, so that the test above looks at numbers."""
    tier = build_tier(SYMBOLS, Cadence(4 * 3600))
    known = tier.panel.block(100_000, matrix(400, len(SYMBOLS), 3, 0.05))
    told = [name for name, at in tier.panel.columns.items() if np.isfinite(known[at]).any()]
    assert len(told) > 0.6 * len(tier.panel.columns)
