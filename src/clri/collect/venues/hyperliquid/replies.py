"""Replies of POST /info that are lists or history: spot market, depth, bars, settled funding, vaults."""

from collections.abc import Sequence
from functools import partial
from math import floor, log10
from typing import Final

from clri.collect import checks
from clri.collect.book import Level, depth, levels
from clri.collect.instruments import instrument
from clri.collect.listing import Listing
from clri.collect.mapper import Item, ReplyHandler
from clri.collect.rows import each
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
    listing
        Contracts by raw name.
    tally
        Where rows are counted.
    spot_coins
        Spot token to coin.
    """

    def __init__(self, listing: Listing, tally: Tally, spot_coins: dict[str, str]) -> None:
        self._listing = listing
        self._tally = tally
        self._spot_coins = spot_coins
        self._tops: dict[str, tuple[float, float, int]] = {}
        self.vaults: Sequence[str] = ()

    def keep_top(self, raw: str, bid: float, ask: float, recv_ns: int) -> None:
        """Keep the best quotes (per coin) of a full-precision book, for the spread of the coarse ones."""
        self._tops[raw] = (bid, ask, recv_ns)

    def handlers(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers by a part of the path and body."""
        return (
            ('"nSigFigs":3', partial(self._depths, figures=COARSE)),
            ('"nSigFigs":4', partial(self._depths, figures=FINE)),
            ('"nSigFigs":', self._unused),
            ("l2Book", partial(self._depths, figures=None)),
            ("spotMetaAndAssetCtxs", self._spots),
            ("candleSnapshot", self._bars),
            ("fundingHistory", self._settled),
            ("vaultDetails", self._vaults),
        )

    def _unused(self, raw: bytes, _recv_ns: int, _symbol: str | None) -> list[Item]:
        decoders.BOOK_REPLY.decode(raw)
        self._tally.row_ignored("unused_reply")
        return []

    def _depths(self, raw: bytes, recv_ns: int, _symbol: str | None, *, figures: int | None) -> list[Item]:
        reply = decoders.BOOK_REPLY.decode(raw)
        listed = self._listing.perp(reply.coin)
        if listed is None:
            return []
        bids, asks = (levels(side, listed) for side in reply.levels)
        if figures is not None:
            self._sharpen(reply.coin, bids, asks, recv_ns)
        found = depth(recv_ns, checks.ms(reply.time), listed, bids, asks)
        if found is None:
            self._tally.row_ignored("one_sided")
        elif figures is not None and not suits(found.mid * listed.multiplier, figures):
            self._tally.row_ignored("step_off")
        else:
            return [found]
        return []

    def _sharpen(self, raw: str, bids: list[Level], asks: list[Level], recv_ns: int) -> None:
        """Put the socket's best quotes before coarse levels, which would overstate the spread and shift the middle."""
        bid, ask, at = self._tops.get(raw, (0.0, 0.0, 0))
        fresh = bid > 0.0 and recv_ns - at <= TOP_NS
        if fresh and bids and asks and bids[0][0] <= bid and ask <= asks[0][0]:
            bids.insert(0, (bid, NO_SIZE))
            asks.insert(0, (ask, NO_SIZE))

    def _spots(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        """States name their pair; their order is not that of the list."""
        reply, rows = decoders.SPOT_STATES.decode(raw, self._tally)
        names = {token.index: token.name for token in reply.meta.tokens}
        pairs = {
            pair.name: instrument(recv_ns, "hyperliquid", pair.name, coin, DOLLAR, market="spot")
            for pair in reply.meta.universe
            if names.get(pair.tokens[1]) == DOLLAR
            and (coin := self._spot_coins.get(names.get(pair.tokens[0], ""))) is not None
        }
        return each(rows, self._spot, self._tally, recv_ns, pairs)

    def _spot(self, row: frames.SpotCtx, recv_ns: int, pairs: dict[str, Instrument]) -> list[Item]:
        listed = pairs.get(row.coin)
        fact = None if listed is None else facts.spot_state(row, listed, recv_ns)
        if fact is None:
            self._tally.row_ignored("spot_pair_off" if listed is None else "no_price")
            return []
        return [fact]

    def _bars(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        rows = decoders.CANDLES.decode(raw, self._tally)
        return each(rows, self._bar, self._tally, recv_ns, max((row.t for row in rows), default=0))

    def _bar(self, row: frames.Candle, recv_ns: int, newest: int) -> list[Item]:
        if row.i not in facts.TIMEFRAMES:
            self._tally.row_ignored("timeframe_off")
            return []
        listed = self._listing.perp(row.s)
        return [] if listed is None else [facts.candle(row, listed, recv_ns, newest)]

    def _settled(self, raw: bytes, _recv_ns: int, _symbol: str | None) -> list[Item]:
        """Settled rates come without the mark of their time, so they make no fact."""
        for _ in decoders.SETTLED.decode(raw, self._tally):
            self._tally.row_ignored("no_mark")
        return []

    def _vaults(self, raw: bytes, _recv_ns: int, _symbol: str | None) -> list[Item]:
        """Children of the vault: kept for the next `subscriptions`."""
        found = decoders.VAULT.decode(raw).relationship.data.child_addresses
        self.vaults = tuple(found[:MAX_USERS])
        self._tally.row_ignored("vaults_kept")
        return []
