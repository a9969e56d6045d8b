"""Large events, venues side by side, sessions: pure functions over liquidations against plain lists."""

import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.detectors.institutional import institutional, institutional_share
from clri.detectors.sessions import HOURS, open_sessions, session_type
from clri.detectors.venue_comparison import compare_venues
from clri.model.errors import QuarantineError
from clri.model.timebase import DAY, HOUR, parse_iso
from clri.stores.schema import liquidations as table
from clri.testing.builders import T0, liquidation
from tests.detectors.streams import liquidations


def micro(usd: float) -> int:
    return int(Fraction(usd * 1e6) + Fraction(1, 2))


# ---------------------------------------------------------------- institutional
@given(liquidations())
def test_the_subset_and_its_share_equal_lists(events) -> None:
    large = [e for e in events if micro(e.usd) >= 100_000 * 10**6]
    assert list(institutional(events)) == large
    for side in ("LONG", "SHORT"):
        assert list(institutional(events, side=side)) == [e for e in large if e.side == side]
    assert list(institutional(events, venue="okx", symbol="BTC")) == [e for e in large if e.venue == "okx"]
    assert list(institutional(events, symbol="ETH")) == []
    found = institutional_share(events)
    usd, total = sum(micro(e.usd) for e in large), sum(micro(e.usd) for e in events)
    assert (found.count, found.all_count, found.usd, found.all_usd) == (len(large), len(events), usd / 1e6, total / 1e6)
    assert (found.count_share, found.usd_share) == (len(large) / len(events), usd / total if total else None)
    assert found.long_usd == sum(micro(e.usd) for e in large if e.side == "LONG") / 1e6
    assert found.lower_bound == any(e.completeness != "all" for e in events)


def test_the_edge_belongs_to_the_large() -> None:
    events = [liquidation(usd=usd) for usd in (99_999.999999, 100_000.0)]
    assert [e.usd for e in institutional(events)] == [100_000.0]
    assert institutional_share([]).usd_share is None
    for wrong in (float("nan"), 1e13):
        with pytest.raises(ValueError, match="notional was"):
            list(institutional(events, wrong))
    with pytest.raises(QuarantineError):
        institutional_share([liquidation(usd=float("inf"))])


# ---------------------------------------------------------------- venues
@given(liquidations(), st.integers(0, 400), st.sampled_from((1, 24)))
def test_the_comparison_equals_lists(events, after, hours) -> None:
    now = T0 + after * 10**9
    events = [*events, liquidation(ts=now - 2 * HOUR, ts_venue=now - hours * HOUR, venue="bitget")]
    inside = [e for e in events if now - hours * HOUR < e.ts_venue <= now]
    rows = compare_venues(events, now, hours, venues=("hyperliquid",))
    assert {r.venue for r in rows} == {e.venue for e in inside} | {"hyperliquid"}
    assert [(-r.total_value_usd, r.venue) for r in rows] == sorted((-r.total_value_usd, r.venue) for r in rows)
    total = sum(micro(e.usd) for e in inside)
    for row in rows:
        own = [e for e in inside if e.venue == row.venue]
        amounts = [micro(e.usd) for e in own]
        longs = [micro(e.usd) for e in own if e.side == "LONG"]
        assert (row.event_count, row.long_count, row.short_count) == (len(own), len(longs), len(own) - len(longs))
        assert (row.total_value_usd, row.long_usd) == (sum(amounts) / 1e6, sum(longs) / 1e6)
        assert row.usd_share == (sum(amounts) / total if total else None)
        assert row.count_share == (len(own) / len(inside) if inside else None)
        assert row.median_value_usd == (statistics.median(amounts) / 1e6 if own else None)
        assert row.max_value_usd == (max(amounts) / 1e6 if own else None)
        assert row.avg_value_usd == (sum(amounts) / 1e6 / len(own) if own else None)
        assert row.long_share == (sum(longs) / sum(amounts) if sum(amounts) else None)
        assert row.institutional_count == sum(a >= 10**11 for a in amounts)
        assert row.completeness == sorted({e.completeness for e in own})
        assert row.lower_bound == any(e.completeness != "all" for e in own)
    if total:
        assert sum(row.usd_share for row in rows) == pytest.approx(1.0)


def test_a_symbol_can_be_picked_and_the_receipt_stands_in_for_the_venues_time() -> None:
    events = [liquidation(symbol="ETH", ts_venue=None), liquidation(ts=T0 + 1, ts_venue=None)]
    (row,) = compare_venues(events, T0, symbol="ETH")
    assert row.event_count == 1
    assert compare_venues(events, T0, symbol="BTC") == []
    with pytest.raises(ValueError, match="hours was 0"):
        compare_venues(events, T0, 0)


# ---------------------------------------------------------------- sessions
MONDAY = parse_iso("2026-09-21T00:00")


@given(st.integers(0, 7 * 24 * 60 - 1))
def test_every_minute_of_a_week_has_one_tag_and_its_open_sessions(at) -> None:
    ts, day, hour = MONDAY + at * 60 * 10**9, at // 1440, at // 60 % 24
    weekend = day >= 5
    want = "weekend" if weekend else ("asian" if hour <= 7 else "european" if hour <= 13 else "us")
    assert session_type(ts) == want
    opened = [] if weekend else [name for name, (start, end) in HOURS.items() if hour in range(start, end)]
    assert list(open_sessions(ts)) == opened


def test_the_table_writes_the_same_tag() -> None:
    assert table.session_type is session_type
    assert session_type(T0 + DAY * 7) == session_type(T0)
