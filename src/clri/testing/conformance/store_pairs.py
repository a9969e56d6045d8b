"""Correlations of pairs: whole, once, in order."""

from clri.model.errors import ConfigError
from clri.model.timebase import DAY, MINUTE
from clri.testing.builders import T0, minute, pair_reading
from clri.testing.conformance.assertions import END, MakeStore, emptied, equal, raised


def check_pairs_are_what_was_written(make_store: MakeStore) -> None:
    """To the nanosecond, whole and with everything missing that may be; a row written again replaces the former."""
    odd = pair_reading(ts=minute(1) + 123_456_789)
    bare = emptied(pair_reading())
    with make_store("live") as store:
        equal(store.correlations(None, 0, END), [])
        store.write([pair_reading(), odd])
        store.flush()
        store.write([bare, bare])
        store.flush()
        equal(store.correlations(None, 0, END), [bare, odd])
        equal(store.correlations("BTC/ETH", 0, END), [bare, odd])


def check_pairs_by_name_time_and_order(make_store: MakeStore) -> None:
    """A pair asks for its own, None for all; ranges are [start, end), oldest first, then by pair."""
    rows = [pair_reading(ts=minute(n), pair=pair) for n in (2, 1) for pair in ("ETH/SOL", "BTC/ETH")]
    with make_store("live") as store:
        store.write(rows)
        store.flush()
        equal(store.correlations(None, 0, END), rows[::-1])
        equal(store.correlations("ETH/SOL", 0, END), [rows[2], rows[0]])
        equal(store.correlations(None, minute(1), minute(2)), rows[:1:-1])
        equal(store.correlations("BTC/SOL", 0, END), [])


def check_pairs_are_forgotten_and_refused_like_the_rest(make_store: MakeStore) -> None:
    """Retention takes old rows; another mode is refused."""
    with make_store("live") as store:
        raised(ConfigError, lambda: store.write([pair_reading(mode="replay-recorded")]))
        store.write([pair_reading()])
        store.flush()
        store.retain(T0 + MINUTE)
        equal(store.correlations(None, 0, END), [pair_reading()])
        store.retain(T0 + 3650 * DAY)
        equal(store.correlations(None, 0, END), [])


def check_reopening_finds_the_pairs(make_store: MakeStore) -> None:
    """Another process sees what was flushed."""
    with make_store("live") as store:
        store.write([pair_reading()])
    with make_store("live") as store:
        equal(store.correlations("BTC/ETH", 0, END), [pair_reading()])
