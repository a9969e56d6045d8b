"""Bybit tickers: deltas of the socket merged field by field, and the polls of all symbols (VENUES 2.2)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from clri.collect.checks import (
    MAX_OI_USD,
    MAX_QTY,
    MAX_VOLUME_USD,
    amount,
    interval_h,
    ms,
    price,
    rate,
)
from clri.collect.mapper import Item
from clri.collect.rowwise import each
from clri.collect.tally import Tally
from clri.collect.venues.bybit.frames import REPLY, TICKER, TICKERS, Change, TickerRow, result
from clri.model.errors import QuarantineError
from clri.model.facts import MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Source

MAX_CHANGE: Final = 1e6
"""Largest 24 h change as a fraction."""


class State(msgspec.Struct):
    """What is known of one contract, in canonical coins (price / m, size x m). None = the venue has not said it."""

    ts: int
    mark: float | None = None
    index: float | None = None
    rate: float | None = None
    next_ns: int | None = None
    interval: float | None = None
    oi: float | None = None
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
    listed
        Perpetual of a raw symbol, or None after the row was counted.
    spot
        Spot pair of a raw symbol, or None after the row was counted.
    tally
        Where rows that yield nothing are counted.

    Notes
    -----
    A lost or refused frame may have held a change that no later delta repeats, so the state of its contract is
    forgotten: its fields are unknown until the venue says them again.
    """

    def __init__(
        self, listed: Callable[[str], Instrument | None], spot: Callable[[str], Instrument | None], tally: Tally
    ) -> None:
        self._listed = listed
        self._spot = spot
        self._tally = tally
        self._states: dict[str, State] = {}
        self._marks: dict[str, float] = {}

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
        found = self._listed(row.symbol)
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
        state.ts = ts
        return self._apply(row, state, found, recv_ns, ts, "ws", frame.cs)

    def reply(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Item]:
        """Facts of `/v5/market/tickers`; the reply's category tells perpetuals from spot pairs."""
        del symbol
        envelope = REPLY.decode(raw)
        listing = TICKERS.decode(result(envelope), self._tally)
        ts = ms(envelope.time)
        if listing.category == "linear":
            return each(listing.rows, partial(self._perp_row, recv_ns=recv_ns, ts=ts), self._tally)
        if listing.category == "spot":
            return each(listing.rows, partial(self._spot_row, recv_ns=recv_ns, ts=ts), self._tally)
        self._tally.row_ignored(f"{listing.category}_off" if listing.category in {"inverse", "option"} else "category")
        return []

    def _perp_row(self, row: TickerRow, *, recv_ns: int, ts: int) -> list[Item]:
        found = self._listed(row.symbol)
        return [] if found is None else self._apply(row, State(ts), found, recv_ns, ts, "rest", None)

    def _spot_row(self, row: TickerRow, *, recv_ns: int, ts: int) -> Iterator[Item]:
        found = self._spot(row.symbol)
        if found is None:
            return
        state = State(ts)
        _traded(row, state, found.multiplier)
        if state.last is None:
            self._tally.row_ignored("no_last")
            return
        yield _ticker(state, state.last, found, recv_ns, ts, "rest", None)

    def _apply(
        self, row: TickerRow, state: State, found: Instrument, recv_ns: int, ts: int, src: Source, seq: int | None
    ) -> list[Item]:
        """Write what the row says into the state, then make the facts that it touches."""
        items: list[Item] = []
        m = found.multiplier
        marked = _marked(row, state, m)
        if row.open_interest is not UNSET:
            oi = row.open_interest
            state.oi = amount(oi * m, MAX_QTY, "open interest") if isinstance(oi, float) else None
        traded = _traded(row, state, m)
        mark = state.mark
        if mark is not None:
            self._marks[row.symbol] = mark
        if marked:
            if mark is None:
                self._tally.row_ignored("no_mark")
            else:
                items.append(_funding(state, mark, found, recv_ns, ts, src, seq))
        if row.open_interest is not UNSET and state.oi is not None:
            used = mark if mark is not None else self._marks.get(row.symbol)
            usd = None if used is None else amount(state.oi * used, MAX_OI_USD, "oi_usd")
            base, raw = state.oi, row.symbol
            items.append(
                OpenInterest(
                    recv_ns, ts, found.symbol, "bybit", "perp", raw, src, seq, False, base, usd, used, None, None
                )
            )
        if traded:
            if state.last is None:
                self._tally.row_ignored("no_last")
            else:
                items.append(_ticker(state, state.last, found, recv_ns, ts, src, seq))
        return items


def _marked(row: TickerRow, state: State, m: float) -> bool:
    """Merge mark, index and funding; True if the row says any of them."""
    said = False
    if (value := row.mark_price) is not UNSET:
        said, state.mark = True, price(value / m) if isinstance(value, float) else None
    if (value := row.index_price) is not UNSET:
        said, state.index = True, price(value / m) if isinstance(value, float) else None
    if (value := row.funding_rate) is not UNSET:
        said, state.rate = True, rate(value) if isinstance(value, float) else None
    if (value := row.funding_interval_hour) is not UNSET:
        said, state.interval = True, interval_h(value) if isinstance(value, float) else None
    if (when := row.next_funding_time) is not UNSET:
        said, state.next_ns = True, _time(when)
    return said


def _traded(row: TickerRow, state: State, m: float) -> bool:
    """Merge last price, turnover and best prices; True if the row says any of them."""
    said = False
    if (value := row.last_price) is not UNSET:
        said, state.last = True, price(value / m) if isinstance(value, float) else None
    if (value := row.volume24h) is not UNSET:
        said, state.base = True, amount(value * m, MAX_QTY, "volume") if isinstance(value, float) else None
    if (value := row.turnover24h) is not UNSET:
        said, state.usd = True, amount(value, MAX_VOLUME_USD, "turnover") if isinstance(value, float) else None
    if (value := row.price24h_pcnt) is not UNSET:
        said, state.change = True, _percent(value)
    if (value := row.bid1_price) is not UNSET:
        said, state.bid = True, _best(value, m)
    if (value := row.ask1_price) is not UNSET:
        said, state.ask = True, _best(value, m)
    return said


def _best(value: Change, m: float) -> float | None:
    return price(value / m) if isinstance(value, float) and value != 0.0 else None  # 0: no order on that side


def _percent(value: Change) -> float | None:
    if not isinstance(value, float):
        return None
    if -1.0 <= value < MAX_CHANGE:
        return value * 100.0
    raise QuarantineError("range", f"24 h change was {value}; expected a fraction of -1 to {MAX_CHANGE:g}")


def _time(value: int | Literal[""] | UnsetType | None) -> int | None:
    return ms(value) if isinstance(value, int) and value != 0 else None


def _funding(
    state: State, mark: float, found: Instrument, recv_ns: int, ts: int, src: Source, seq: int | None
) -> MarkFunding:
    hours = state.interval if state.interval is not None else found.funding_interval_h
    per_8h = apr = None
    if state.rate is not None and hours is not None:
        per_8h = state.rate * 8.0 / hours
        apr = state.rate * 8760.0 / hours
    return MarkFunding(
        recv_ns,
        ts,
        found.symbol,
        "bybit",
        "perp",
        found.raw,
        src,
        seq,
        False,
        mark,
        state.index,
        state.rate,
        hours,
        per_8h,
        apr,
        state.next_ns,
        None,
        "current",
    )


def _ticker(
    state: State, last: float, found: Instrument, recv_ns: int, ts: int, src: Source, seq: int | None
) -> Ticker:
    return Ticker(
        recv_ns,
        ts,
        found.symbol,
        "bybit",
        found.market,
        found.raw,
        src,
        seq,
        False,
        last,
        state.base,
        state.usd,
        state.change,
        state.bid,
        state.ask,
    )
