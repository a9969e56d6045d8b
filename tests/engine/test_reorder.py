"""Release in event time, whatever the arrival within the window; late and back-fill put aside."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.engine.reorder import Reorder, order_key
from clri.model.control import Tick
from clri.model.errors import SnapshotError
from clri.model.facts import event_time
from clri.model.timebase import MILLI, SECOND
from clri.testing.builders import T0, liquidation, tick


def event(at: float, lag: float = 0.05, name: str = "", venue: str = "bybit", **changes):
    """Return a liquidation that happened `at` seconds after T0 and came `lag` seconds later."""
    happened = T0 + round(at * SECOND)
    header = {"ts": happened + round(lag * SECOND), "ts_venue": happened, "venue": venue}
    return liquidation(**(header | {"event_id": name or f"{at}{venue}"} | changes))


def second(at: int, period_s: int = 1) -> Tick:
    return tick(ts=T0 + at * SECOND, period_s=period_s)


def run(buffer: Reorder, facts) -> list:
    return [out for fact in facts for out in buffer.push(fact)]


# ---------------------------------------------------------------- watermark
def test_an_event_waits_until_the_watermark_has_passed_it() -> None:
    buffer, fact = Reorder(), event(0)
    assert buffer.push(fact) == []
    assert buffer.advance(T0 + 2 * SECOND) == []  # exactly 2 s old: an equal may still come
    assert buffer.held == 1
    assert buffer.advance(T0 + 2 * SECOND + 1) == [fact]
    assert buffer.watermark == T0 + 1


def test_receipt_never_runs_backwards() -> None:
    buffer, fact = Reorder(), event(0)
    buffer.push(fact)
    buffer.advance(T0 + 2 * SECOND)
    assert buffer.advance(T0) == []
    assert buffer.watermark == T0


def test_without_a_venue_time_the_receipt_places_an_event() -> None:
    fact = event(0, ts_venue=None)
    assert event_time(fact) == fact.ts


def test_order_is_time_then_venue_then_id_then_ticks() -> None:
    facts = [
        event(59.5, name="b", venue="okx"),
        event(60, name="b", venue="bybit"),
        event(60, name="c", venue="bybit"),
        event(60, name="a", venue="okx"),
        second(60),
        second(60, 60),
        event(60.5, name="a", venue="bybit"),
        second(61),
    ]
    for seed in range(20):
        mixed = random.Random(seed).sample(facts, len(facts))
        buffer = Reorder(reorder_ns=10 * SECOND)
        assert run(buffer, mixed) + buffer.flush() == facts


@pytest.mark.parametrize("symbol", ["BTC", "ETH"])
def test_symbols_share_one_buffer(symbol) -> None:
    buffer = Reorder()
    buffer.push(event(0, symbol=symbol))
    assert len(buffer.push(event(3, symbol="SOL"))) == 1


# ---------------------------------------------------------------- late, back-fill, ahead
def test_older_than_what_was_released_is_late() -> None:
    buffer = Reorder()
    run(buffer, [event(0), event(3)])  # 0 is out
    late = event(-1, lag=4.1)
    assert buffer.push(late) == []
    assert buffer.drain_late() == [late]
    assert buffer.drain_late() == []
    assert (buffer.late, buffer.backfill) == ({"bybit": 1}, {})


def test_slow_but_in_order_is_not_late() -> None:
    buffer = Reorder()
    slow = event(0, lag=10)
    assert buffer.push(slow) == [slow]
    assert buffer.drain_late() == []


def test_an_event_of_a_released_tick_is_late() -> None:
    buffer = Reorder()
    run(buffer, [second(1), second(4)])
    late = event(1, lag=3.5)
    assert buffer.push(late) == []
    assert buffer.drain_late() == [late]


@pytest.mark.parametrize(("lag", "late"), [(30.0, True), (30.000001, False)])
def test_thirty_seconds_part_late_from_back_fill(lag, late) -> None:
    buffer = Reorder()
    run(buffer, [second(20), second(30)])
    fact = event(0, lag=lag)
    assert buffer.push(fact) == []
    if late:
        assert (buffer.drain_late(), buffer.drain_backfill()) == ([fact], [])
    else:
        assert (buffer.drain_late(), buffer.drain_backfill()) == ([], [msgspec.structs.replace(fact, backfill=True)])
    assert (dict(buffer.late), dict(buffer.backfill)) == (({"bybit": 1}, {}) if late else ({}, {"bybit": 1}))


def test_too_old_at_receipt_is_back_fill_even_if_nothing_was_released() -> None:
    buffer = Reorder()
    assert buffer.push(event(0, lag=31)) == []
    assert buffer.held == 0
    assert len(buffer.drain_backfill()) == 1


def test_back_fill_is_never_released_nor_counted() -> None:
    buffer = Reorder()
    fact = event(0, backfill=True)
    assert [*buffer.push(fact), *buffer.flush()] == []
    assert buffer.drain_backfill() == [fact]
    assert buffer.backfill == {}


@pytest.mark.parametrize(("ahead", "clamped"), [(1.2, False), (5.0, False), (5.000001, True), (1e6, True)])
def test_a_stamp_far_after_receipt_is_clamped(ahead, clamped) -> None:
    buffer = Reorder()
    fact = event(0, lag=-ahead, venue="gate")
    buffer.push(fact)
    (out,) = buffer.flush()
    assert out == (msgspec.structs.replace(fact, ts_venue=fact.ts) if clamped else fact)
    assert dict(buffer.clamped) == ({"gate": 1} if clamped else {})


def test_a_tick_that_comes_too_late_still_closes_its_minute() -> None:
    buffer = Reorder()
    run(buffer, [second(1), second(2), second(9)])
    late = tick(ts=T0 + 9 * SECOND, period_s=60, boundary=T0)
    assert buffer.push(late) == [late]
    assert buffer.late_ticks == 1


def test_flush_empties_in_order() -> None:
    buffer = Reorder()
    facts = [event(at) for at in (0, 0.5, 1)]
    run(buffer, reversed(facts))
    assert buffer.flush() == facts
    assert (buffer.held, buffer.flush()) == (0, [])


# ---------------------------------------------------------------- any order within the window
@st.composite
def blocks(draw) -> list[list]:
    """Draw facts received in blocks of 1 s, events at most 1 s old: inside a block any order is within 2 s."""
    out = []
    for at in range(draw(st.integers(1, 6))):
        rows = draw(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 1000), st.sampled_from("abc")), max_size=6))
        block = [
            event(at + ms / 1000 - lag / 1000, lag / 1000, f"{i}{name}", {"a": "okx"}.get(name, "gate"))
            for i, (ms, lag, name) in enumerate(rows)
        ]
        out.append([*block, second(at)])
    return out


@given(parts=blocks(), data=st.data())
def test_any_permutation_within_the_window_gives_the_same_sequence(parts, data) -> None:
    whole = [fact for part in parts for fact in part]
    wanted = sorted(whole, key=order_key)
    buffer = Reorder()
    mixed = [fact for part in parts for fact in data.draw(st.permutations(part))]
    assert run(buffer, mixed) + buffer.flush() == wanted
    assert (buffer.drain_late(), buffer.drain_backfill(), buffer.late_ticks) == ([], [], 0)


@given(rows=st.lists(st.tuples(st.integers(0, 60_000), st.integers(-8_000, 40_000)), max_size=60))
def test_whatever_comes_is_released_once_in_order_or_put_aside(rows) -> None:
    buffer, facts = Reorder(), []
    for i, (at, lag) in enumerate(sorted(rows)):
        facts.append(event((at - lag) / 1000, lag / 1000, name=f"{i:03d}"))
    out = run(buffer, facts) + buffer.flush()
    assert [order_key(fact) for fact in out] == sorted(order_key(fact) for fact in out)
    aside = buffer.drain_late() + buffer.drain_backfill()
    assert sorted(fact.event_id for fact in out + aside) == [fact.event_id for fact in facts]
    assert sum(buffer.late.values()) + sum(buffer.backfill.values()) == len(aside)


@given(rows=st.lists(st.tuples(st.integers(0, 20_000), st.integers(-8_000, 40_000)), max_size=40), data=st.data())
def test_resumed_it_goes_on_with_equal_bytes(rows, data) -> None:
    whole, part = Reorder(), Reorder()
    for i, (at, lag) in enumerate(sorted(rows)):
        if data.draw(st.integers(0, 4)) == 0:
            saved, part = part.snapshot(), Reorder()
            part.restore(saved)
            assert part.snapshot() == saved == whole.snapshot()
        fact = event((at - lag) / 1000, lag / 1000, name=f"{i:03d}")
        assert whole.push(fact) == part.push(fact)
        assert whole.push(second(at // 1000)) == part.push(second(at // 1000))
    assert whole.snapshot() == part.snapshot()
    assert whole.flush() == part.flush()
    assert (whole.drain_late(), whole.drain_backfill()) == (part.drain_late(), part.drain_backfill())


def test_bytes_do_not_depend_on_the_order_of_arrival() -> None:
    one, two = Reorder(), Reorder()
    facts = [event(at, lag=0.5 - at) for at in (0, 0.1, 0.2, 0.3)]
    run(one, facts)
    run(two, reversed(facts))
    assert one.snapshot() == two.snapshot()


def test_state_of_other_settings_is_refused() -> None:
    with pytest.raises(SnapshotError):
        Reorder(reorder_ns=1).restore(Reorder().snapshot())
    with pytest.raises(SnapshotError):
        Reorder().restore(b"\x00")
    with pytest.raises(ValueError, match="reorder"):
        Reorder(reorder_ns=31 * SECOND)
    assert Reorder(reorder_ns=500 * MILLI).watermark < 0
