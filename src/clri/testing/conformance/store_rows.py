"""Which rows there are, which of two stays, and in what order they come."""

from clri.model.timebase import MINUTE, SECOND
from clri.testing.builders import T0, cascade, liquidation, market_reading, minute, observation, reading
from clri.testing.conformance.assertions import END, Item, MakeStore, equal, uuid


def check_writing_twice_leaves_one_row(make_store: MakeStore) -> None:
    """In one batch, in a later one, and with another receipt of the same event."""
    items: list[Item] = [observation(), reading(), market_reading(), liquidation(), cascade()]
    again = liquidation(ts=T0 + 5 * SECOND, ts_venue=liquidation().ts_venue, backfill=True, src="rest")
    assert again.event_id == liquidation().event_id
    with make_store("live") as store:
        store.write(items + items)
        store.flush()
        store.write([*items, again])
        store.flush()
        equal(store.observations("BTC", 0, END), [observation()])
        equal(store.readings("BTC", 0, END), [reading()])
        equal(store.market(0, END), [market_reading()])
        equal(store.liquidations(None, 0, END), [liquidation()])
        equal(store.cascades(None, 0, END), [cascade()])


def check_event_without_venue_time_is_one_event(make_store: MakeStore) -> None:
    """Its receipt differs when it is redelivered, its id does not: the first receipt stays."""
    first = liquidation(ts_venue=None, event_id="e1")
    again = liquidation(ts=T0 + SECOND, ts_venue=None, event_id="e1", usd=200_000.0)
    twin = liquidation(ts=T0 + SECOND, ts_venue=None, event_id="e1", venue="okx")
    with make_store("live") as store:
        for item in (first, again, twin):
            store.write([item])
            store.flush()
        equal(store.liquidations("BTC", 0, END), [twin, first])


def check_last_row_of_a_minute_stays(make_store: MakeStore) -> None:
    """A row that is written again under the same time and symbol replaces the former one."""
    with make_store("live") as store:
        store.write([reading(clri_score=40), observation(price=1.0), market_reading(market_clri=10)])
        store.flush()
        store.write([reading(clri_score=None), observation(price=None), market_reading(market_clri=None)])
        store.flush()
        equal(store.readings("BTC", 0, END), [reading(clri_score=None)])
        equal(store.observations("BTC", 0, END), [observation(price=None)])
        equal(store.market(0, END), [market_reading(market_clri=None)])


def check_last_state_of_a_cascade_stays(make_store: MakeStore) -> None:
    """By time of the update, not by order of writing: a replayed tail brings old states again."""
    start = T0 - MINUTE
    states = [cascade(ts=T0 + n * SECOND, started_at=start, event_count=12 + n) for n in range(3)]
    ended = cascade(ts=T0 + MINUTE, started_at=start, state="ended", ended_at=T0 + MINUTE, event_count=20)
    with make_store("live") as store:
        store.write([*states, ended])
        store.flush()
        store.write(states)
        store.flush()
        equal(store.cascades("BTC", 0, END), [ended])


def check_newest_reading_is_an_answer_even_if_null(make_store: MakeStore) -> None:
    """The newest reading per symbol, whichever order they came in; UNKNOWN is never replaced by an old score."""
    unknown = reading(ts=minute(2), clri_score=None)
    with make_store("live") as store:
        store.write([reading(ts=minute(1), symbol="ETH"), unknown, reading(ts=minute(1)), reading(symbol="ETH")])
        store.write([market_reading(ts=minute(2), market_clri=None), market_reading(ts=minute(1))])
        store.flush()
        equal(store.latest_readings(), [unknown, reading(ts=minute(1), symbol="ETH")])
        equal(store.latest_market(), market_reading(ts=minute(2), market_clri=None))


def check_ranges_are_half_open(make_store: MakeStore) -> None:
    """[start, end) to the nanosecond, for rows, events and cascades."""
    a, b = minute(1), minute(2)
    with make_store("live") as store:
        store.write(observation(ts=ts) for ts in (a, b))
        store.write(reading(ts=ts) for ts in (a, b))
        store.write(market_reading(ts=ts) for ts in (a, b))
        store.write(liquidation(ts=ts, ts_venue=ts - 1) for ts in (a, b))
        store.write(cascade(ts=ts, started_at=ts - 1, cascade_id=uuid(ts)) for ts in (a, b))
        store.flush()
        for rows in (store.observations, store.readings):
            equal([row.ts for row in rows("BTC", a, b)], [a])
            equal([row.ts for row in rows("BTC", a + 1, b + 1)], [b])
        equal([row.ts for row in store.market(a, b)], [a])
        equal([e.ts for e in store.liquidations("BTC", a - 1, b - 1)], [a])
        equal([e.ts for e in store.liquidations("BTC", a, b)], [b])
        equal([c.ts for c in store.cascades("BTC", a - 1, b - 1)], [a])
        equal([c.ts for c in store.cascades(None, a, b)], [b])
        equal(store.readings("BTC", a, a), [])


def check_order(make_store: MakeStore) -> None:
    """Rows oldest first, liquidations and cascades newest first by event time."""
    times = [minute(n) for n in (3, 1, 2)]
    with make_store("live") as store:
        store.write(reading(ts=ts) for ts in times)
        store.write(observation(ts=ts) for ts in times)
        store.write(market_reading(ts=ts) for ts in times)
        # Received in one order, happened in the other.
        store.write(liquidation(ts=T0 + n, ts_venue=T0 - n * SECOND, event_id=f"e{n}") for n in range(3))
        store.write(cascade(ts=ts, cascade_id=uuid(ts), started_at=ts) for ts in times)
        store.flush()
        equal([row.ts for row in store.readings("BTC", 0, END)], sorted(times))
        equal([row.ts for row in store.observations("BTC", 0, END)], sorted(times))
        equal([row.ts for row in store.market(0, END)], sorted(times))
        equal([e.event_id for e in store.liquidations(None, 0, END)], ["e0", "e1", "e2"])
        equal([c.ts for c in store.cascades(None, 0, END)], sorted(times, reverse=True))


def check_order_of_neighbours(make_store: MakeStore) -> None:
    """Inside one millisecond by the ns; equal times by receipt, then by venue and id: the same in every store."""
    places = [(0, 9, "okx", "z"), (1, 0, "okx", "a"), (1, 5, "okx", "x"), (1, 5, "okx", "b"), (1, 5, "bybit", "c")]
    events = [liquidation(ts_venue=T0 + a, ts=T0 + b, venue=v, event_id=name) for a, b, v, name in places]
    bursts = [cascade(started_at=T0 - MINUTE + n // 2, cascade_id=uuid(9 - n)) for n in range(4)]
    for order in (1, -1):
        with make_store("live") as store:
            store.write(events[::order])
            store.write(bursts[::order])
            store.flush()
            equal([event.event_id for event in store.liquidations(None, 0, END)], ["c", "b", "x", "a", "z"])
            equal([event.event_id for event in store.liquidations("BTC", 0, END, limit=2)], ["c", "b"])
            equal([burst.cascade_id for burst in store.cascades(None, 0, END)], [uuid(n) for n in (6, 7, 8, 9)])


def check_symbol_and_limit(make_store: MakeStore) -> None:
    """A symbol asks for its own rows, None for all; the limit keeps the newest."""
    with make_store("live") as store:
        store.write(liquidation(ts=T0 + n * SECOND, symbol=("BTC", "ETH")[n % 2]) for n in range(60))
        store.write(cascade(symbol=s, cascade_id=uuid(n)) for n, s in enumerate(("BTC", "ETH")))
        store.write([reading(symbol="ETH"), observation(symbol="ETH")])
        store.flush()
        equal(len(store.liquidations(None, 0, END)), 50)
        equal([e.ts for e in store.liquidations("ETH", 0, END, limit=1)], [T0 + 59 * SECOND])
        equal(len(store.liquidations("BTC", 0, END, limit=100)), 30)
        equal(store.liquidations(None, 0, END, limit=0), [])
        equal([c.symbol for c in store.cascades("ETH", 0, END)], ["ETH"])
        equal(len(store.cascades(None, 0, END)), 2)
        equal(store.readings("BTC", 0, END), [])
        equal(store.observations("BTC", 0, END), [])
