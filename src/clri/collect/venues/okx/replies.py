"""Replies that do not name their contract or are history: ratios, depth, bars, settled funding."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise

from clri.collect import book, checks
from clri.collect.badrows import each_row
from clri.collect.mapper import Item, ReplyHandler
from clri.collect.tally import Tally
from clri.collect.venues.okx import decoders, facts, frames
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument
from clri.model.names import RatioKind

RATIO_S = 300
"""Period of the polled ratios."""


class Replies:
    """Handlers of these replies.

    Parameters
    ----------
    tally
        Where rows are counted.
    listed
        Finds the contract of a raw id, or counts why there is none.
    """

    def __init__(self, tally: Tally, listed: Callable[[str], Instrument | None]) -> None:
        self._tally = tally
        self._listed = listed
        self._told: dict[tuple[str, RatioKind], set[int]] = {}

    def handlers(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers by a part of the path; the longer of two that fit stands first."""
        ratio = "/long-short-"
        return (
            (f"{ratio}account-ratio-contract-top-trader", partial(self._ratios, kind="top_account")),
            (f"{ratio}position-ratio-contract-top-trader", partial(self._ratios, kind="top_position")),
            (f"{ratio}account-ratio-contract", partial(self._ratios, kind="account")),
            ("/market/books", self._depth),
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

    def _contract(self, symbol: str | None) -> Instrument | None:
        if symbol is None:
            self._tally.row_ignored("symbol_not_said")
            return None
        return self._listed(symbol)

    def _unused(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        del recv_ns
        decoders.SHELL.decode(raw)
        self._tally.row_ignored("symbol_not_said" if symbol is None else "unused_reply")
        return []

    def _ratios(self, raw: bytes, recv_ns: int, *, symbol: str | None, kind: RatioKind) -> Iterable[Item]:
        """Oldest first; only the newest row is live, and a row is told once."""
        push = decoders.rows(decoders.RATIO, decoders.RATIO_ROW, raw, self._tally)
        ins = self._contract(symbol)
        if ins is None or symbol is None:
            return []
        ordered = sorted(push.data, key=lambda row: row.ts)
        spacing = {later.ts - former.ts for former, later in pairwise(ordered)}
        if spacing and min(spacing) != RATIO_S * 1000:
            raise QuarantineError("period", f"rows were {min(spacing)} ms apart; expected {RATIO_S} s")
        told = self._told.get((symbol, kind), set())
        fresh = [row for row in ordered if row.ts not in told]
        for _ in range(len(ordered) - len(fresh)):
            self._tally.row_ignored("told_before")

        def make(row: frames.Ratio, at: int) -> list[Item]:
            return [facts.ratio(row, ins, kind, RATIO_S, at, backfill=row is not ordered[-1])]

        items = each_row(fresh, make, recv_ns, self._tally)
        self._told[symbol, kind] = {row.ts for row in ordered}
        return items

    def _depth(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        push = decoders.rows(decoders.LEVELS, decoders.LEVELS_ROW, raw, self._tally)
        ins = self._contract(symbol)
        if ins is None:
            return []

        def make(row: frames.Levels, at: int) -> list[Item]:
            found = book.depth(
                at,
                checks.ms(row.ts),
                ins.symbol,
                "okx",
                ins.raw or "",
                "rest",
                facts.levels(row.bids, ins),
                facts.levels(row.asks, ins),
            )
            if found is None:
                self._tally.row_ignored("one_sided")
                return []
            return [found]

        return each_row(push.data, make, recv_ns, self._tally)

    def _settled(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        """Settled rates come without the mark of their time, so they make no fact."""
        del recv_ns, symbol
        for _ in decoders.rows(decoders.FUNDING, decoders.FUNDING_ROW, raw, self._tally).data:
            self._tally.row_ignored("no_mark")
        return []

    def _bars(self, raw: bytes, recv_ns: int, *, symbol: str | None, tf: str) -> Iterable[Item]:
        push = decoders.rows(decoders.CANDLE, decoders.CANDLE_ROW, raw, self._tally)
        ins = self._contract(symbol)
        if ins is None:
            return []

        def make(row: frames.Candle, at: int) -> list[Item]:
            return [facts.bar(row, ins, tf, at)]

        return each_row(sorted(push.data, key=lambda row: row.ts), make, recv_ns, self._tally)
