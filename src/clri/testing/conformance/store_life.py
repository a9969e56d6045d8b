"""What a store refuses, forgets, and finds again."""

from functools import partial

from clri.model.errors import ConfigError, StoreError
from clri.model.names import Mode
from clri.model.timebase import DAY, MINUTE
from clri.testing.builders import T0, cascade, liquidation, market_reading, minute, observation, reading
from clri.testing.conformance.assertions import END, Item, MakeStore, equal, raised


def check_retention(make_store: MakeStore) -> None:
    """`retain` takes what is past its time and leaves what is not."""
    items: list[Item] = [observation(), reading(), market_reading(), liquidation(), cascade()]
    with make_store("live") as store:
        store.write(items)
        store.flush()
        equal(store.retain(T0 + MINUTE), {})
        equal(len(store.readings("BTC", 0, END)), 1)
        gone = store.retain(T0 + 3650 * DAY)
        assert all(count > 0 for count in gone.values()), gone
        equal(store.observations("BTC", 0, END), [])
        equal(store.latest_readings(), [])
        equal(store.latest_market(), None)
        equal(store.liquidations(None, 0, END), [])
        equal(store.cascades(None, 0, END), [])


def check_other_mode_is_refused(make_store: MakeStore) -> None:
    """An item of another mode is refused (exit 2), the others are taken."""
    wrong: Mode = "replay-simulated"
    strangers: list[Item] = [
        reading(mode=wrong),
        observation(mode=wrong),
        market_reading(mode=wrong),
        cascade(mode=wrong),
    ]
    with make_store("live") as store:
        equal(store.mode, "live")
        for stranger in strangers:
            items: list[Item] = [stranger, reading(symbol="ETH")]
            error = raised(ConfigError, partial(store.write, items))
            equal((error.exit_code, wrong in str(error), "live" in str(error)), (2, True, True))
        store.flush()
        equal([item.symbol for item in store.latest_readings()], ["ETH"])
        equal(store.cascades(None, 0, END), [])


def check_nan_is_refused(make_store: MakeStore) -> None:
    """A number that is none is refused by name; it never becomes NULL, and the others are taken."""
    nan, inf = float("nan"), float("inf")
    bad: list[Item] = [
        reading(funding_z=nan),
        observation(price=inf),
        liquidation(usd=nan),
        reading(extra={"vol_ratio": nan}),
    ]
    with make_store("live") as store:
        for item in bad:
            items: list[Item] = [item, reading(symbol="ETH")]
            raised(StoreError, partial(store.write, items))
        store.flush()
        equal([item.symbol for item in store.latest_readings()], ["ETH"])
        equal(store.observations("BTC", 0, END), [])
        equal(store.liquidations(None, 0, END), [])


def check_closing_twice(make_store: MakeStore) -> None:
    """The second call does nothing; leaving the block after it neither."""
    with make_store("live") as store:
        store.write([reading()])
        store.close()
        store.close()


def check_reopening_finds_the_data(make_store: MakeStore) -> None:
    """Flushed rows are there, also those that only `close` flushed."""
    with make_store("live") as store:
        store.write([reading(), observation(), liquidation()])
        store.flush()
        store.write([market_reading(), cascade()])
    with make_store("live") as store:
        equal(store.latest_readings(), [reading()])
        equal(store.observations("BTC", 0, END), [observation()])
        equal(store.liquidations(None, 0, END), [liquidation()])
        equal(store.latest_market(), market_reading())
        equal(store.cascades(None, 0, END), [cascade()])
        store.write([reading(ts=minute(1))])
        store.flush()
        equal(len(store.readings("BTC", 0, END)), 2)


def check_opening_in_another_mode_is_refused(make_store: MakeStore) -> None:
    """One store holds one mode from its first opening on; the refusal leaves it usable."""
    with make_store("replay-simulated") as store:
        store.write([reading(mode="replay-simulated")])
    error = raised(ConfigError, lambda: make_store("live"))
    equal((error.exit_code, error.code[:8], "replay-simulated" in str(error)), (2, "CLRI-CFG", True))
    with make_store("replay-simulated") as store:
        equal(len(store.latest_readings()), 1)
