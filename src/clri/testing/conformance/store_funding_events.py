"""Funding events: whole, one per slot and kind, in order."""

from clri.model.errors import ConfigError
from clri.model.timebase import DAY, HOUR, MINUTE
from clri.testing.builders import T0, funding_event, minute
from clri.testing.conformance.assertions import END, MakeStore, emptied, equal, raised


def check_funding_events_are_what_was_written(make_store: MakeStore) -> None:
    """To the nanosecond, whole and with everything missing that may be; a slot has one event of a kind."""
    odd = funding_event(ts=minute(1) + 123_456_789, kind="reversal", extreme_level="EXTREMELY_LOW", reasons=[])
    bare = emptied(funding_event())
    with make_store("live") as store:
        equal(store.funding_events(None, 0, END), [])
        store.write([funding_event(), odd])
        store.flush()
        equal(store.funding_events("BTC", 0, END), [funding_event(), odd])
        store.write([bare, bare])
        store.flush()
        equal(store.funding_events("BTC", 0, END), [bare, odd])
        later = funding_event(ts=minute(2), anomaly_score=11.0)
        store.write([later])
        store.flush()
        equal(store.funding_events("BTC", 0, END), [odd, later])


def check_funding_events_by_symbol_time_and_order(make_store: MakeStore) -> None:
    """A symbol asks for its own, None for all; ranges are [start, end), oldest first, then by symbol."""
    slot = funding_event().slot_ts
    rows = [
        funding_event(ts=minute(n), symbol=symbol, slot_ts=slot + n * 8 * HOUR)
        for n in (2, 1)
        for symbol in ("ETH", "BTC")
    ]
    with make_store("live") as store:
        store.write(rows)
        store.flush()
        equal(store.funding_events(None, 0, END), rows[::-1])
        equal(store.funding_events("ETH", 0, END), [rows[2], rows[0]])
        equal(store.funding_events(None, minute(1), minute(2)), rows[:1:-1])
        equal(store.funding_events("SOL", 0, END), [])


def check_funding_events_are_forgotten_and_refused_like_the_rest(make_store: MakeStore) -> None:
    """Retention takes old rows; another mode is refused."""
    with make_store("live") as store:
        raised(ConfigError, lambda: store.write([funding_event(mode="replay-recorded")]))
        store.write([funding_event()])
        store.flush()
        store.retain(T0 + MINUTE)
        equal(store.funding_events(None, 0, END), [funding_event()])
        store.retain(T0 + 3650 * DAY)
        equal(store.funding_events(None, 0, END), [])


def check_reopening_finds_the_funding_events(make_store: MakeStore) -> None:
    """Another process sees what was flushed."""
    with make_store("live") as store:
        store.write([funding_event()])
    with make_store("live") as store:
        equal(store.funding_events("BTC", 0, END), [funding_event()])
