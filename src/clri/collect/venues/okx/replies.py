"""Replies that do not name their contract or are history: ratios, depth, bars, settled funding."""

from functools import partial
from itertools import pairwise
from typing import Final

from clri.collect import checks
from clri.collect.book import depth, levels
from clri.collect.listing import Listing
from clri.collect.mapper import Item, ReplyHandler
from clri.collect.rows import each
from clri.collect.series import bar, long_short_ratio, share_of
from clri.collect.tally import Tally
from clri.collect.venues.okx import decoders, frames
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument
from clri.model.names import RatioKind

RATIO_S: Final = 300
"""Period of the polled ratios."""

TIMEFRAMES: Final = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400}
"""Seconds of a bar."""


class Replies:
    """Handlers of these replies.

    Parameters
    ----------
    listing
        Contracts by raw symbol.
    tally
        Where rows are counted.
    """

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally
        self._told: dict[tuple[str, RatioKind], set[int]] = {}

    def handlers(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers by a part of the path; the longer of two that fit stands first."""
        ratio = "/long-short-"
        return (
            (f"{ratio}account-ratio-contract-top-trader", partial(self._ratios, kind="top_account")),
            (f"{ratio}position-ratio-contract-top-trader", partial(self._ratios, kind="top_position")),
            (f"{ratio}account-ratio-contract", partial(self._ratios, kind="account")),
            ("/market/books", self._depths),
            ("/public/funding-rate-history", self._settled),
            ("/market/mark-price-candles", self._unused),
            ("/market/index-candles", self._unused),
            ("bar=1m", partial(self._bars, tf="1m")),
            ("bar=5m", partial(self._bars, tf="5m")),
            ("bar=15m", partial(self._bars, tf="15m")),
            ("bar=1H", partial(self._bars, tf="1h")),
            ("bar=4H", partial(self._bars, tf="4h")),
            ("/market/candles", self._unused),
        )

    def _unused(self, raw: bytes, _recv_ns: int, symbol: str | None) -> list[Item]:
        decoders.SHELL.decode(raw)
        self._tally.row_ignored("symbol_not_said" if symbol is None else "unused_reply")
        return []

    def _perp(self, symbol: str | None) -> Instrument | None:
        if symbol is not None:
            return self._listing.perp(symbol)
        self._tally.row_ignored("symbol_not_said")
        return None

    def _ratios(self, raw: bytes, recv_ns: int, symbol: str | None, *, kind: RatioKind) -> list[Item]:
        """Oldest first; only the newest row is live, and a row is told once."""
        _, rows = decoders.accepted(decoders.RATIO, raw, self._tally)
        listed = self._perp(symbol)
        if listed is None or symbol is None:
            return []
        ordered = sorted(rows, key=lambda row: row.ts)
        spacing = {later.ts - former.ts for former, later in pairwise(ordered)}
        if spacing and min(spacing) != RATIO_S * 1000:
            raise QuarantineError("period", f"rows were {min(spacing)} ms apart; expected {RATIO_S} s")
        told = self._told.get((symbol, kind), set())
        fresh = [row for row in ordered if row.ts not in told]
        for _ in range(len(ordered) - len(fresh)):
            self._tally.row_ignored("told_before")
        newest = ordered[-1] if ordered else None
        items = each(fresh, _ratio, self._tally, recv_ns, listed, kind, newest)
        self._told[symbol, kind] = {row.ts for row in ordered}
        return items

    def _depths(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        _, rows = decoders.accepted(decoders.LEVELS, raw, self._tally)
        listed = self._perp(symbol)
        if listed is None or not self._listing.has_size(listed):
            return []
        return each(rows, self._depth, self._tally, recv_ns, listed)

    def _depth(self, row: frames.Levels, recv_ns: int, listed: Instrument) -> list[Item]:
        found = depth(recv_ns, checks.ms(row.ts), listed, levels(row.bids, listed), levels(row.asks, listed))
        if found is None:
            self._tally.row_ignored("one_sided")
            return []
        return [found]

    def _settled(self, raw: bytes, _recv_ns: int, _symbol: str | None) -> list[Item]:
        """Settled rates come without the mark of their time, so they make no fact."""
        _, rows = decoders.accepted(decoders.FUNDING, raw, self._tally)
        for _ in rows:
            self._tally.row_ignored("no_mark")
        return []

    def _bars(self, raw: bytes, recv_ns: int, symbol: str | None, *, tf: str) -> list[Item]:
        _, rows = decoders.accepted(decoders.CANDLE, raw, self._tally)
        listed = self._perp(symbol)
        if listed is None:
            return []
        return each(sorted(rows, key=lambda row: row.ts), _bar, self._tally, recv_ns, listed, tf)


def _ratio(
    row: frames.Ratio, recv_ns: int, listed: Instrument, kind: RatioKind, newest: frames.Ratio | None
) -> list[Item]:
    share, ts = share_of(row.ratio), checks.ms(row.ts)
    return [long_short_ratio(recv_ns, ts, listed, kind, share, row.ratio, RATIO_S, backfill=row is not newest)]


def _bar(row: frames.Candle, recv_ns: int, listed: Instrument, tf: str) -> list[Item]:
    """Price bar; volume in coins (volCcy) and USD (volCcyQuote)."""
    opened = checks.ms(row.ts)
    closed = str(row.confirm) == "1"
    end = opened + TIMEFRAMES[tf] * 1_000_000_000 if closed else None
    prices = row.o, row.h, row.l, row.c
    return [bar(recv_ns, end, listed, tf, opened, prices, row.vol_ccy, row.vol_ccy_quote, closed=closed)]
