"""What the event tier says now: of each kind and symbol only the newest word."""

import msgspec

from clri.model.errors import ConfigError
from clri.model.event_state import EventState
from clri.testing.builders import cascade_signal, minute, price_levels, support_zones, velocity
from clri.testing.conformance.assertions import MakeStore, equal, raised


def check_event_states_are_what_was_written(make_store: MakeStore) -> None:
    """To the nanosecond, with lists in lists; sorted by symbol and kind, one symbol or all."""
    odd = minute(1) + 123_456_789
    btc: list[EventState] = [price_levels(ts=odd), cascade_signal(ts=odd), velocity(ts=odd), support_zones(ts=odd)]
    eth = [velocity(symbol="ETH", velocity=None, acceleration=None, jerk=None, completeness=None)]
    with make_store("live") as store:
        equal(store.event_states(None), [])
        store.write([btc[3], *eth, btc[2], btc[0], btc[1]])
        store.flush()
        equal(store.event_states(None), [*btc, *eth])
        equal(store.event_states("BTC"), btc)
        equal(store.event_states("SOL"), [])


def check_event_states_keep_the_newest(make_store: MakeStore) -> None:
    """A later word replaces, an earlier one changes nothing, within a millisecond too."""
    first, last = velocity(velocity=1.0), velocity(velocity=2.0)
    last = msgspec.structs.replace(last, ts=first.ts + 1)
    with make_store("live") as store:
        for batch in ([first, last], [last, first], [first]):
            store.write(batch)
            store.flush()
            equal(store.event_states("BTC"), [last])


def check_event_states_of_another_mode_are_refused(make_store: MakeStore) -> None:
    """A simulated word never stands among live ones."""
    with make_store("live") as store:
        raised(ConfigError, lambda: store.write([velocity(mode="replay-simulated")]))
        store.flush()
        equal(store.event_states(None), [])


def check_reopening_finds_the_event_states(make_store: MakeStore) -> None:
    """Another process sees what was flushed."""
    with make_store("live") as store:
        store.write([price_levels(), velocity()])
    with make_store("live") as store:
        equal(store.event_states(None), [price_levels(), velocity()])
