"""Liquidations told afterwards: what no socket delivered counts once, what one delivered does not."""

from hypothesis import given
from hypothesis import strategies as st

from clri.collect.live.gaps import GapFill, ended
from clri.model.timebase import MINUTE, SECOND
from clri.testing import builders as b

T0 = b.T0


def told(at: int, qty: float = 1.0, src: str = "rest", side: str = "LONG"):
    return b.liquidation(
        ts=T0 + at, ts_venue=T0 + at, qty=qty, side=side, src=src, raw="BTC_USDT", event_id=f"{src}{at}"
    )


def test_a_row_of_the_call_is_known_if_a_socket_told_it_within_two_seconds() -> None:
    fill = GapFill()
    fill.delivered([told(0, src="ws"), told(SECOND, qty=2.0, src="ws")])
    rows = [told(2 * SECOND), told(2 * SECOND, qty=2.0), told(2 * SECOND, side="SHORT"), told(9 * SECOND)]
    found = fill.missed(rows, T0, T0 + MINUTE)
    assert [fact.event_id for fact in found] == [rows[2].event_id, rows[3].event_id]
    assert fill.known == 2


def test_one_row_of_a_socket_stands_for_one_row_of_the_call() -> None:
    fill = GapFill()
    fill.delivered([told(0, src="ws")])
    assert len(fill.missed([told(0), told(0)], T0, T0 + MINUTE)) == 1


def test_rows_outside_the_gap_are_counted() -> None:
    fill = GapFill()
    assert fill.missed([told(-10 * SECOND), told(90 * SECOND)], T0, T0 + MINUTE) == []
    assert fill.outside == 2


def test_what_a_call_told_is_not_remembered_as_delivered() -> None:
    fill = GapFill()
    fill.delivered([told(0)])
    assert len(fill.missed([told(0)], T0, T0 + MINUTE)) == 1


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 3), st.booleans()), max_size=40))
def test_told_by_both_or_by_one_every_liquidation_counts_once(rows) -> None:
    """Rows far enough apart to be told apart: delivered + missed = all of the gap."""
    fill = GapFill()
    spaced = [(n * 5 * SECOND, float(qty), delivered) for n, (_, qty, delivered) in enumerate(rows)]
    fill.delivered([told(at, qty, "ws") for at, qty, delivered in spaced if delivered])
    found = fill.missed([told(at, qty) for at, qty, _ in spaced], T0, T0 + 1000 * SECOND)
    assert [fact.ts - T0 for fact in found] == [at for at, _, delivered in spaced if not delivered]
    assert fill.known + len(found) == len(rows)


def test_only_a_closed_gap_of_liquidations_is_one() -> None:
    common = {"venue": "gate", "symbol": "MARKET", "ts": T0}
    closed = b.feed_status(**common, channel="liquidation", state="gap", gap_from=T0, gap_to=T0 + 5)
    assert ended(closed) == (T0, T0 + 5)
    for other in (
        b.feed_status(**common, channel="liquidation", state="gap", gap_from=T0, gap_to=T0),
        b.feed_status(**common, channel="liquidation", state="down", gap_from=T0),
        b.feed_status(**common, channel="futures.tickers", state="gap", gap_from=T0, gap_to=T0 + 5),
        told(0),
    ):
        assert ended(other) is None
