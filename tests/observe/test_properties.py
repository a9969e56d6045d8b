"""What must hold for every sequence of facts, whatever it says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.codec import decode_output, encode
from clri.model.observation import INPUTS, NUMBERS
from clri.model.timebase import MINUTE, SECOND
from clri.observe.row import RowBuilder
from clri.testing.builders import T0, minute
from tests.observe import streams
from tests.observe.facts import bar

VENUES = streams.VENUES
MINUTES = 2


def close_at(number):
    """Name of the end of a minute among the events."""
    return ("close", minute(number))


def events_of(facts):
    """Facts, seconds and minute ends in order of time."""
    last = max((fact.ts for fact in facts), default=T0)
    end = max(MINUTES, -(-(last - T0) // MINUTE))
    ticks = [(T0 + n * SECOND, 1, ("second", T0 + n * SECOND)) for n in range(end * 60 + 1)]
    ticks += [(minute(n), 2, close_at(n)) for n in range(end + 1)]
    rows = [(fact.ts, 0, fact) for fact in facts]
    return [event for _, _, event in sorted(rows + ticks, key=lambda row: row[:2])]


def run(events, rows):
    """Rows that the events make."""
    made = []
    for event in events:
        if not isinstance(event, tuple):
            rows.add(event)
        elif event[0] == "second":
            rows.second(event[1])
        else:
            made.append(rows.close(event[1]))
    return made


def fresh(symbol="BTC"):
    return RowBuilder(symbol, "live", VENUES)


facts_of = st.lists(streams.anything(MINUTES), max_size=40)


@given(facts_of, st.randoms(use_true_random=False))
def test_order_inside_a_minute_changes_no_byte(facts, random):
    events = events_of(facts)
    expected = run(events, fresh())
    shuffled, minute_events = [], []
    for event in events:
        if isinstance(event, tuple) and event[0] == "close":
            random.shuffle(minute_events)  # seconds move too
            shuffled += [*minute_events, event]
            minute_events = []
        else:
            minute_events.append(event)
    assert [encode(row) for row in run(shuffled, fresh())] == [encode(row) for row in expected]


@given(facts_of, st.randoms(use_true_random=False))
def test_facts_that_come_before_their_minute_change_no_byte(facts, random):
    events = events_of(facts)
    expected = run(events, fresh())
    early = list(events)
    for fact in facts:
        old = early.index(fact)
        new = random.randint(max(0, old - 90), old)
        early.insert(new, early.pop(old))
    assert [encode(row) for row in run(early, fresh())] == [encode(row) for row in expected]


@given(facts_of, st.data())
def test_a_cut_at_any_point_changes_no_byte(facts, data):
    events = events_of(facts)
    cut = data.draw(st.integers(0, len(events)))
    whole = fresh()
    expected = run(events, whole)
    first, second = fresh(), fresh()
    made = run(events[:cut], first)
    saved = first.snapshot()
    second.restore(saved)
    assert second.snapshot() == saved == first.snapshot()
    made += run(events[cut:], second)
    assert [encode(row) for row in made] == [encode(row) for row in expected]
    assert (second.snapshot(), second.late) == (whole.snapshot(), whole.late)


@given(st.lists(streams.flows(MINUTES), max_size=20), st.data())
def test_a_cut_of_the_market_row_changes_no_byte(facts, data):
    events = events_of(facts)
    cut = data.draw(st.integers(0, len(events)))
    whole, first, second = fresh("MARKET"), fresh("MARKET"), fresh("MARKET")
    expected = run(events, whole)
    made = run(events[:cut], first)
    second.restore(first.snapshot())
    made += run(events[cut:], second)
    assert [encode(row) for row in made] == [encode(row) for row in expected]
    assert second.snapshot() == whole.snapshot()


@given(facts_of, st.randoms(use_true_random=False))
def test_any_sequence_gives_sound_rows(facts, random):
    random.shuffle(facts)
    events = events_of([])
    for fact in facts:
        events.insert(random.randint(0, len(events)), fact)  # late, early, out of order
    rows = fresh()
    for row in run(events, rows):
        assert decode_output(encode(row)) == row
        values = [value for name in NUMBERS if (value := getattr(row, name)) is not None]
        assert all(math.isfinite(value) for value in values)
        for name in INPUTS[:-1]:
            age, used = getattr(row, f"age_{name}_s"), getattr(row, f"n_{name}")
            assert 0.0 <= getattr(row, f"cov_{name}") <= 1.0
            assert (age is None) == (used == 0)
            assert age is None or age >= 0.0
        assert row.price is None or row.low <= min(row.open, row.close) <= max(row.open, row.close) <= row.high
        assert row.funding_8h is None or row.funding_min_8h <= row.funding_max_8h


@given(facts_of)
def test_values_have_the_share_of_venues_that_they_need(facts):
    groups = {
        "price": ("price", "open", "close"),
        "funding": ("funding_8h", "funding_apr", "funding_min_8h", "settled_8h", "next_funding_ts"),
        "oi": ("oi_usd", "oi_base", "oi_index"),
        "liq": ("liq_long_usd", "liq_short_n", "liq_max_usd"),
        "book": ("bid_depth_usd", "ask_depth_usd", "spread_bps"),
        "ls": ("long_short_ratio",),
    }
    for row in run(events_of(facts), fresh()):
        for name, fields in groups.items():
            if getattr(row, f"cov_{name}") < 0.30:
                assert [getattr(row, field) for field in fields] == [None] * len(fields)


@given(facts_of)
def test_every_liquidation_is_in_exactly_one_row(facts):
    ours = [f for f in facts if type(f).__name__ == "Liquidation" and not f.backfill and f.completeness != "aggregate"]
    rows, total = fresh(), 0
    events = events_of(facts)
    late = [fact for fact in ours if hash(fact.event_id) % 2]
    for event in [*(e for e in events if e not in late), *late, close_at(MINUTES + 1)]:
        if isinstance(event, tuple) and event[0] == "close":
            total += sum(rows.parts["liquidations"]._sums[4:])
        run([event], rows)
    assert total == len(ours)
    assert rows.late.get("liq", 0) == sum(fact.ts <= minute(MINUTES) for fact in late)


@pytest.mark.parametrize("minutes", [5])
def test_memory_does_not_grow(minutes):
    rows, sizes = fresh(), []
    for number in range(minutes):
        for second in range(60):
            for venue in VENUES:
                ts = minute(number) + second * SECOND + 1
                rows.add(streams.builders.mark_funding(ts=ts, venue=venue))
                rows.add(streams.builders.liquidation(ts=ts, venue=venue))
                rows.add(streams.builders.depth(ts=ts, venue=venue))
                rows.add(bar(ts=ts, venue=venue))
            rows.second(minute(number) + (second + 1) * SECOND)
        rows.close(minute(number + 1))
        sizes.append(len(rows.snapshot()))
    assert max(sizes[1:]) - min(sizes[1:]) < 50
