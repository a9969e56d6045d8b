"""Bybit tickers: deltas of the socket merged field by field, and the polls of all symbols (VENUES 2.2)."""

import msgspec
from msgspec import UNSET

from clri.collect.checks import interval_h, ms
from clri.collect.facts import mark_funding, open_interest, ticker
from clri.collect.listing import Listing
from clri.collect.mapper import Item
from clri.collect.rows import each
from clri.collect.tally import Tally
from clri.collect.values import Change, percent, time_of
from clri.collect.venues.bybit.frames import REPLY, TICKER, TICKERS, TickerRow, result
from clri.model.errors import QuarantineError
from clri.model.facts import MarkFunding, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Source


class State(msgspec.Struct):
    """What is known of one contract: values as sent, times in ns, change in percent. None = not said."""

    ts: int
    seq: int | None = None
    mark: float | None = None
    index: float | None = None
    rate: float | None = None
    next_ns: int | None = None
    interval: float | None = None
    last: float | None = None
    base: float | None = None
    usd: float | None = None
    change: float | None = None
    bid: float | None = None
    ask: float | None = None


class Tickers:
    """Mark, funding, open interest and turnover of perpetuals; turnover of spot pairs.

    Parameters
    ----------
    listing
        Contracts by raw symbol.
    tally
        Where rows that yield nothing are counted.

    Notes
    -----
    A lost or refused frame may have held a change that no later delta repeats, so the state of its contract is
    forgotten: its fields are unknown until the venue says them again.
    """

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally
        self._states: dict[str, State] = {}

    def frame(self, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of a frame of `tickers.<sym>`: those whose fields it changes."""
        try:
            return self._merge(raw, recv_ns)
        except (ValueError, QuarantineError, RecursionError):
            topic = raw[:96].partition(b"tickers.")[2].partition(b'"')[0]
            self._states.pop(topic.decode("ascii", "replace"), None)
            raise

    def _merge(self, raw: bytes, recv_ns: int) -> list[Item]:
        frame = TICKER.decode(raw)
        row = frame.data
        found = self._listing.perp(row.symbol)
        if found is None:
            return []
        ts = ms(frame.ts)
        state = self._states.get(row.symbol)
        if frame.type == "snapshot" or state is None:
            if row.mark_price is UNSET:  # a linear snapshot has a mark: this one is of spot, or was lost
                self._tally.row_ignored("spot_off" if frame.type == "snapshot" else "no_snapshot")
                return []
            state = self._states[row.symbol] = State(ts)
        elif ts < state.ts:
            self._tally.row_ignored("old_delta")
            return []
        state.ts, state.seq = ts, frame.cs
        return self._apply(row, state, found, recv_ns, "ws")

    def reply(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        """Facts of `/v5/market/tickers`; the reply's category tells perpetuals from spot pairs."""
        envelope = REPLY.decode(raw)
        listing, rows = TICKERS.decode(result(envelope), self._tally)
        ts = ms(envelope.time)
        if listing.category == "linear":
            return each(rows, self._perp_row, self._tally, recv_ns, ts)
        if listing.category == "spot":
            return each(rows, self._spot_row, self._tally, recv_ns, ts)
        self._tally.row_ignored(f"{listing.category}_off" if listing.category in {"inverse", "option"} else "category")
        return []

    def _perp_row(self, row: TickerRow, recv_ns: int, ts: int) -> list[Item]:
        found = self._listing.perp(row.symbol)
        return [] if found is None else self._apply(row, State(ts), found, recv_ns, "rest")

    def _spot_row(self, row: TickerRow, recv_ns: int, ts: int) -> list[Item]:
        found = self._listing.spot(row.symbol)
        if found is None:
            return []
        state = State(ts)
        _traded(row, state)
        if state.last is None:
            self._tally.row_ignored("no_last")
            return []
        return [_ticker(state, state.last, found, recv_ns, "rest")]

    def _apply(self, row: TickerRow, state: State, found: Instrument, recv_ns: int, src: Source) -> list[Item]:
        """Write what the row says into the state, then make the facts that it touches."""
        items: list[Item] = []
        if _marked(row, state):
            if state.mark is None:
                self._tally.row_ignored("no_mark")
            else:
                fact = _funding(state, state.mark, found, recv_ns, src)
                self._listing.marks[row.symbol] = fact.mark
                items.append(fact)
        size = row.open_interest
        if isinstance(size, float):
            mark = self._listing.marks.get(row.symbol) if state.mark is None else state.mark / found.multiplier
            items.append(open_interest(recv_ns, state.ts, found, src, size, mark, seq=state.seq))
        if _traded(row, state):
            if state.last is None:
                self._tally.row_ignored("no_last")
            else:
                items.append(_ticker(state, state.last, found, recv_ns, src))
        return items


def _funding(state: State, mark: float, found: Instrument, recv_ns: int, src: Source) -> MarkFunding:
    return mark_funding(
        recv_ns,
        state.ts,
        found,
        src,
        mark,
        state.index,
        state.rate,
        state.next_ns,
        interval_h=state.interval,
        seq=state.seq,
    )


def _ticker(state: State, last: float, found: Instrument, recv_ns: int, src: Source) -> Ticker:
    return ticker(
        recv_ns,
        state.ts,
        found,
        src,
        last,
        state.base,
        state.usd,
        state.change,
        state.bid,
        state.ask,
        seq=state.seq,
    )


def _marked(row: TickerRow, state: State) -> bool:
    """Merge mark, index and funding; True if the row says any of them."""
    said = False
    if (value := row.mark_price) is not UNSET:
        said, state.mark = True, _number(value)
    if (value := row.index_price) is not UNSET:
        said, state.index = True, _number(value)
    if (value := row.funding_rate) is not UNSET:
        said, state.rate = True, _number(value)
    if (value := row.funding_interval_hour) is not UNSET:
        said, state.interval = True, interval_h(value) if isinstance(value, float) else None
    if (when := row.next_funding_time) is not UNSET:
        said, state.next_ns = True, time_of(when)
    return said


def _traded(row: TickerRow, state: State) -> bool:
    """Merge last price, turnover and best prices; True if the row says any of them."""
    said = False
    if (value := row.last_price) is not UNSET:
        said, state.last = True, _number(value)
    if (value := row.volume24h) is not UNSET:
        said, state.base = True, _number(value)
    if (value := row.turnover24h) is not UNSET:
        said, state.usd = True, _number(value)
    if (value := row.price24h_pcnt) is not UNSET:
        said, state.change = True, percent(value)
    if (value := row.bid1_price) is not UNSET:
        said, state.bid = True, _number(value)
    if (value := row.ask1_price) is not UNSET:
        said, state.ask = True, _number(value)
    return said


def _number(value: Change) -> float | None:
    return value if isinstance(value, float) else None
