"""Bitget tickers: mark, funding, open interest and turnover of v3 and v2 (VENUES 2.5)."""

from collections.abc import Callable, Iterator
from typing import Final

from clri.collect.checks import MAX_OI_USD, MAX_QTY, MAX_VOLUME_USD, amount, price, rate
from clri.collect.mapper import Item
from clri.collect.rowwise import each
from clri.collect.tally import Tally
from clri.collect.venues.bitget.frames import (
    OLD_TICKERS,
    TICKERS,
    AnyTicker,
    Blank,
    OldTickerRow,
    Push,
    TickerRow,
    checked,
)
from clri.collect.venues.bitget.symbols import market_off, time_of
from clri.model.errors import QuarantineError
from clri.model.facts import MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Source

MAX_CHANGE: Final = 1e6
"""Largest 24 h change as a fraction."""


class Tickers:
    """Facts of ticker frames and ticker polls.

    Parameters
    ----------
    listed
        Perpetual of a raw symbol, or None after the row was counted.
    spot
        Spot pair of a raw symbol, or None after the row was counted.
    tally
        Where rows that yield nothing are counted.
    """

    def __init__(
        self, listed: Callable[[str], Instrument | None], spot: Callable[[str], Instrument | None], tally: Tally
    ) -> None:
        self._listed = listed
        self._spot = spot
        self._tally = tally
        self._marks: dict[str, float] = {}

    def frame(self, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of a `ticker` frame: v3 (`topic`) or v2 (`channel`), always the whole state of one contract."""
        push: Push[TickerRow] | Push[OldTickerRow]
        push = (TICKERS if b'"topic"' in raw[:200] else OLD_TICKERS).decode(raw, self._tally)
        reason = market_off(push.arg.market)
        if reason is not None:
            self._tally.row_ignored(reason)
            return []
        found = self._listed(push.arg.symbol or push.arg.inst_id)
        if found is None:
            return []
        sent = time_of(push.ts)
        if len(push.rows) == 1:
            return self._facts(push.rows[0], found, recv_ns, sent, "ws")
        rows: list[AnyTicker] = [*push.rows]
        return each(rows, lambda row: self._facts(row, found, recv_ns, sent, "ws"), self._tally)

    def perps(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Item]:
        """Facts of `/api/v2/mix/market/tickers`."""
        del symbol
        rows = OLD_TICKERS.decode(checked(raw), self._tally).rows
        return each(rows, lambda row: self._perp(row, recv_ns), self._tally)

    def _perp(self, row: OldTickerRow, recv_ns: int) -> list[Item]:
        found = self._listed(row.symbol)
        return [] if found is None else self._facts(row, found, recv_ns, None, "rest")

    def pairs(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Item]:
        """Facts of `/api/v2/spot/market/tickers`."""
        del symbol
        rows = OLD_TICKERS.decode(checked(raw), self._tally).rows
        return each(rows, lambda row: self._pair(row, recv_ns), self._tally)

    def _pair(self, row: OldTickerRow, recv_ns: int) -> Iterator[Item]:
        found = self._spot(row.symbol)
        if found is not None:
            yield from self._ticker(row, found, recv_ns, time_of(row.ts), "rest")

    def _facts(self, row: AnyTicker, found: Instrument, recv_ns: int, sent: int | None, src: Source) -> list[Item]:
        raw, m = str(found.raw), found.multiplier
        at = time_of(row.ts)
        ts = sent if at is None else at
        items: list[Item] = []
        mark = _number(row.mark)
        if mark is None:
            self._tally.row_ignored("no_mark")
        else:
            mark = self._marks[raw] = price(mark / m)
            items.append(_funding(row, mark, found, recv_ns, ts, src))
        interest = _number(row.interest)
        if interest is not None:
            base = amount(interest * m, MAX_QTY, "open interest")
            used = self._marks.get(raw)
            usd = None if used is None else amount(base * used, MAX_OI_USD, "oi_usd")
            items.append(
                OpenInterest(
                    recv_ns, ts, found.symbol, "bitget", "perp", raw, src, None, False, base, usd, used, None, None
                )
            )
        items += self._ticker(row, found, recv_ns, ts, src)
        return items

    def _ticker(self, row: AnyTicker, found: Instrument, recv_ns: int, ts: int | None, src: Source) -> list[Item]:
        last, m = _number(row.last), found.multiplier
        if last is None:
            self._tally.row_ignored("no_last")
            return []
        base, quote = _number(row.base), _number(row.quote)
        return [
            Ticker(
                recv_ns,
                ts,
                found.symbol,
                "bitget",
                found.market,
                found.raw,
                src,
                None,
                False,
                price(last / m),
                None if base is None else amount(base * m, MAX_QTY, "volume"),
                None if quote is None else amount(quote, MAX_VOLUME_USD, "turnover"),
                _percent(row.change),
                _best(row.bid, m),
                _best(row.ask, m),
            )
        ]


def _number(value: Blank) -> float | None:
    return value if isinstance(value, float) else None


def _best(value: Blank, m: float) -> float | None:
    return price(value / m) if isinstance(value, float) and value != 0.0 else None  # 0: no order on that side


def _percent(value: Blank) -> float | None:
    if not isinstance(value, float):
        return None
    if -1.0 <= value < MAX_CHANGE:
        return value * 100.0
    raise QuarantineError("range", f"24 h change was {value}; expected a fraction of -1 to {MAX_CHANGE:g}")


def _funding(row: AnyTicker, mark: float, found: Instrument, recv_ns: int, ts: int | None, src: Source) -> MarkFunding:
    index, paid, hours = _number(row.index), _number(row.rate), found.funding_interval_h
    per_8h = apr = None
    if paid is not None:
        rate(paid)
        if hours is not None:
            per_8h = paid * 8.0 / hours
            apr = paid * 8760.0 / hours
    return MarkFunding(
        recv_ns,
        ts,
        found.symbol,
        "bitget",
        "perp",
        found.raw,
        src,
        None,
        False,
        mark,
        None if index is None else price(index / found.multiplier),
        paid,
        hours,
        per_8h,
        apr,
        time_of(row.coming),
        None,
        "current",
    )
