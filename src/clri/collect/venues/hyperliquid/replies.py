"""Replies of POST /info that are lists or history: spot market, depth, bars, settled funding, vaults."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import floor, log10
from typing import Final

from clri.collect import book, checks
from clri.collect.badrows import each_row
from clri.collect.mapper import Item, ReplyHandler
from clri.collect.tally import Tally
from clri.collect.venues.hyperliquid import decoders, facts, frames
from clri.collect.venues.hyperliquid.feed import COARSE, FINE, MAX_USERS
from clri.model.instrument import Instrument

DOLLAR: Final = "USDC"
"""Quote token of the spot pairs that are used."""

TOP_NS: Final = 10_000_000_000
"""Best quotes of the socket are used for 10 s."""

NO_SIZE: Final = 1e-12
"""Coins at a best quote whose size already stands in the coarse level behind it."""

FINE_UP_TO: Final = 2.0
"""Leading digits of the price up to which 20 levels of 4 significant figures reach 1 %."""


def suits(price: float, figures: int) -> bool:
    """True if a book of this many significant figures is the one to use at this price.

    20 levels of 4 figures are 20 steps of 0.1 % / d of the price, where d is 1..10, its leading digits: 2 % for d = 1,
    1 % for d = 2, too little above. 3 figures are steps of 1 % / d: fine enough from d = 2 on.

    Examples
    --------
    >>> suits(103000.0, 4), suits(103000.0, 3), suits(61000.0, 4), suits(61000.0, 3)
    (True, False, False, True)
    """
    digits = price / 10.0 ** floor(log10(price))
    return (figures == FINE) == (digits <= FINE_UP_TO)


class Replies:
    """Handlers of these replies.

    Parameters
    ----------
    tally
        Where rows are counted.
    listed
        Finds the contract of a raw name, or counts why there is none.
    spot_coins
        Spot token to coin.
    """

    def __init__(self, tally: Tally, listed: Callable[[str], Instrument | None], spot_coins: dict[str, str]) -> None:
        self._tally = tally
        self._listed = listed
        self._spot_coins = spot_coins
        self._tops: dict[str, tuple[float, float, int]] = {}
        self.vaults: Sequence[str] = ()

    def keep_top(self, raw: str, bid: float, ask: float, recv_ns: int) -> None:
        """Keep the best quotes (per coin) of a full-precision book, for the spread of the coarse ones."""
        self._tops[raw] = (bid, ask, recv_ns)

    def handlers(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers by a part of the path and body."""
        return (
            ('"nSigFigs":3', partial(self._depth, figures=COARSE)),
            ('"nSigFigs":4', partial(self._depth, figures=FINE)),
            ('"nSigFigs":', self._unused),
            ("l2Book", partial(self._depth, figures=None)),
            ("spotMetaAndAssetCtxs", self._spot),
            ("candleSnapshot", self._bars),
            ("fundingHistory", self._settled),
            ("vaultDetails", self._vaults),
        )

    def _unused(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        del recv_ns, symbol
        decoders.BOOK_REPLY.decode(raw)
        self._tally.row_ignored("unused_reply")
        return []

    def _depth(self, raw: bytes, recv_ns: int, *, symbol: str | None, figures: int | None) -> Iterable[Item]:
        del symbol
        reply = decoders.BOOK_REPLY.decode(raw)
        ins = self._listed(reply.coin)
        if ins is None:
            return []
        bids, asks = (facts.levels(side, ins.multiplier) for side in reply.levels)
        name = ins.raw or ""
        if figures is not None:
            self._sharpen(name, bids, asks, recv_ns)
        ts_venue = checks.ms(reply.time)
        found = book.depth(recv_ns, ts_venue, ins.symbol, "hyperliquid", name, "rest", bids, asks)
        if found is None:
            self._tally.row_ignored("one_sided")
        elif figures is not None and not suits(found.mid * ins.multiplier, figures):
            self._tally.row_ignored("step_off")
        else:
            return [found]
        return []

    def _sharpen(self, raw: str, bids: list[book.Level], asks: list[book.Level], recv_ns: int) -> None:
        """Put the socket's best quotes before coarse levels, which would overstate the spread and shift the middle."""
        bid, ask, at = self._tops.get(raw, (0.0, 0.0, 0))
        fresh = bid > 0.0 and recv_ns - at <= TOP_NS
        if fresh and bids and asks and bids[0][0] <= bid and ask <= asks[0][0]:
            bids.insert(0, (bid, NO_SIZE))
            asks.insert(0, (ask, NO_SIZE))

    def _spot(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        """States name their pair; their order is not that of the list."""
        del symbol
        meta, states = decoders.spot_states(raw, self._tally)
        names = {token.index: token.name for token in meta.tokens}
        coins = {
            pair.name: self._spot_coins.get(names.get(pair.tokens[0], ""))
            for pair in meta.universe
            if names.get(pair.tokens[1]) == DOLLAR
        }

        def make(row: frames.SpotCtx, at: int) -> Iterable[Item]:
            coin = coins.get(row.coin)
            if coin is None:
                self._tally.row_ignored("spot_pair_off")
                return ()
            fact = facts.spot_ticker(row, coin, at)
            if fact is None:
                self._tally.row_ignored("no_price")
                return ()
            return (fact,)

        return each_row(states, make, recv_ns, self._tally)

    def _bars(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        del symbol
        rows = decoders.rows(decoders.CANDLES, decoders.CANDLE, raw, self._tally)
        newest = max((row.t for row in rows), default=0)

        def make(row: frames.Candle, at: int) -> Iterable[Item]:
            if row.i not in facts.TIMEFRAMES:
                self._tally.row_ignored("timeframe_off")
                return ()
            ins = self._listed(row.s)
            return () if ins is None else (facts.bar(row, ins, at, followed=row.t < newest),)

        return each_row(rows, make, recv_ns, self._tally)

    def _settled(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        """Settled rates come without the mark of their time, so they make no fact."""
        del recv_ns, symbol
        for _ in decoders.rows(decoders.SETTLED, decoders.SETTLED_ROW, raw, self._tally):
            self._tally.row_ignored("no_mark")
        return []

    def _vaults(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        """Children of the vault: kept for the next `subscriptions`."""
        del recv_ns, symbol
        found = decoders.VAULT.decode(raw).relationship.data.child_addresses
        self.vaults = tuple(found[:MAX_USERS])
        self._tally.row_ignored("vaults_kept")
        return []
