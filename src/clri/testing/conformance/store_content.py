"""What goes in comes out: every kind, every gap, any name, any amount."""

from clri.model.observation import Observation
from clri.testing.builders import (
    T0,
    cascade,
    depth,
    feed_status,
    instrument,
    liquidation,
    mark_funding,
    market_reading,
    minute,
    observation,
    reading,
    tick,
)
from clri.testing.conformance.assertions import END, MakeStore, emptied, equal, uuid


def check_reads_what_was_written(make_store: MakeStore) -> None:
    """One of each kind comes back equal, to the nanosecond."""
    odd = minute(1) + 123_456_789
    with make_store("live") as store:
        row, score, market = observation(ts=odd), reading(ts=odd), market_reading(ts=odd)
        event, burst = liquidation(ts=odd), cascade(ts=odd, started_at=odd - 7)
        store.write([row, score, market, event, burst])
        store.flush()
        equal(store.observations("BTC", 0, END), [row])
        equal(store.readings("BTC", 0, END), [score])
        equal(store.latest_readings(), [score])
        equal(store.market(0, END), [market])
        equal(store.latest_market(), market)
        equal(store.liquidations("BTC", 0, END), [event])
        equal(store.cascades("BTC", 0, END), [burst])


def check_empty_store_answers(make_store: MakeStore) -> None:
    """Without rows every answer is empty, None where one item is asked for; nothing to flush is no error."""
    with make_store("live") as store:
        store.write([])
        store.flush()
        equal(store.latest_readings(), [])
        equal(store.latest_market(), None)
        equal(store.readings("BTC", 0, END), [])
        equal(store.market(0, END), [])
        equal(store.observations("BTC", 0, END), [])
        equal(store.liquidations(None, 0, END), [])
        equal(store.cascades(None, 0, END), [])
        equal(store.retain(END), {})


def check_passes_over_kinds_without_table(make_store: MakeStore) -> None:
    """Facts that nobody stores are no error, and those beside them arrive."""
    with make_store("live") as store:
        store.write([tick(), depth(), mark_funding(), instrument(), feed_status(), reading()])
        store.flush()
        equal(store.latest_readings(), [reading()])


def check_none_everywhere(make_store: MakeStore) -> None:
    """Every field that may be missing is missing, and comes back as None, never 0."""
    row = Observation(ts=T0, symbol="BTC", mode="live")
    empty = emptied(reading(clri_score=None))
    market = emptied(market_reading(market_clri=None))
    event = emptied(liquidation(event_id="e"))
    burst = emptied(cascade())
    with make_store("live") as store:
        store.write([row, empty, market, event, burst])
        store.flush()
        equal(store.observations("BTC", 0, END), [row])
        equal(store.readings("BTC", 0, END), [empty])
        equal(store.market(0, END), [market])
        equal(store.liquidations(None, 0, END), [event])
        equal(store.cascades(None, 0, END), [burst])


def check_any_symbol(make_store: MakeStore) -> None:
    """Names beyond ASCII, quotes and blanks, sorted by code point."""
    symbols = sorted(["BTC", "币安人生", "Ω'; --", 'a"b', " ", "🐸", "MARKET"])
    with make_store("live") as store:
        for symbol in symbols:
            store.write([reading(symbol=symbol), observation(symbol=symbol), liquidation(symbol=symbol)])
            store.write([cascade(symbol=symbol, cascade_id=uuid(symbols.index(symbol)))])
        store.flush()
        equal([item.symbol for item in store.latest_readings()], symbols)
        for symbol in symbols:
            equal(store.observations(symbol, 0, END), [observation(symbol=symbol)])
            equal(store.liquidations(symbol, 0, END), [liquidation(symbol=symbol)])
            equal([item.symbol for item in store.cascades(symbol, 0, END)], [symbol])


def check_ten_thousand_rows(make_store: MakeStore) -> None:
    """One large batch of each kind arrives whole."""
    symbols = [f"S{n}" for n in range(10)]
    rows = [observation(ts=minute(n), symbol=s) for n in range(1000) for s in symbols]
    events = [liquidation(ts=T0 + n * 1_000_000, symbol=symbols[n % 10]) for n in range(10_000)]
    with make_store("live") as store:
        store.write(rows)
        store.write(events)
        store.flush()
        for symbol in symbols:
            equal(store.observations(symbol, 0, END), [row for row in rows if row.symbol == symbol])
        equal(store.liquidations(None, 0, END, limit=20_000), events[::-1])
