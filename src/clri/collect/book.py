"""Order books: levels in coins, merging deltas, and the quote value near the middle (VENUES 2, SCORES 2.1)."""

from collections.abc import Sequence
from math import fsum, isfinite
from typing import Final, Protocol

import msgspec

from clri.collect import checks
from clri.model.errors import QuarantineError
from clri.model.facts import Book, Depth
from clri.model.instrument import Instrument

Level = tuple[float, float]
"""Price per coin, size in coins."""

MAX_LEVELS: Final = 50


class SentLevel(Protocol):
    """Level as a venue sends it: in raw units and contracts."""

    price: float
    size: float


class ArrayLevel(msgspec.Struct, array_like=True, gc=False):
    """Level sent as an array; further elements are not used."""

    price: float
    size: float


def levels(rows: Sequence[SentLevel], listed: Instrument) -> list[Level]:
    """Levels in coins of levels as sent, checked as a whole; a size of 0 stays.

    Raises
    ------
    QuarantineError
        If a price or size is out of range or not finite.

    Examples
    --------
    >>> from clri.collect.instruments import instrument
    >>> pepe = instrument(0, "bybit", "1000PEPEUSDT", "1000PEPE", "USDT")
    >>> levels([ArrayLevel(0.5, 3.0), ArrayLevel(0.25, 0.0)], pepe)
    [(0.0005, 3000.0), (0.00025, 0.0)]
    """
    if not rows:
        return []
    m = listed.multiplier
    each_coins = listed.contract_size * m
    prices = [row.price / m for row in rows]
    sizes = [row.size * each_coins for row in rows]
    # The sums find nan and inf, which minimum and maximum may pass over.
    finite = isfinite(sum(prices)) and isfinite(sum(sizes))
    low = max(prices) < checks.MAX_PRICE and max(sizes) < checks.MAX_QTY
    if finite and low and min(prices) > checks.MIN_PRICE and min(sizes) >= 0.0:
        return list(zip(prices, sizes, strict=True))
    raise QuarantineError("range", "a level had a price outside 1e-15..1e9 or a size outside 0..1e15")


def is_sound(bids: list[Level], asks: list[Level]) -> bool:
    """True if both sides have levels, best first, and the book is neither crossed nor locked.

    Examples
    --------
    >>> is_sound([(99.0, 1.0)], [(100.0, 1.0)]), is_sound([(100.0, 1.0)], [(100.0, 1.0)]), is_sound([], [(1.0, 1.0)])
    (True, False, False)
    """
    return bool(bids) and bool(asks) and bids[0][0] < asks[0][0]


def book(
    recv_ns: int,
    ts_venue: int | None,
    listed: Instrument,
    seq: int | None,
    bids: list[Level],
    asks: list[Level],
) -> Book:
    """Book of unordered levels in coins, as a socket told it; zero sizes are left out."""
    ordered_bids = sorted((level for level in bids if level[1] > 0.0), reverse=True)[:MAX_LEVELS]
    ordered_asks = sorted(level for level in asks if level[1] > 0.0)[:MAX_LEVELS]
    return Book(
        recv_ns,
        ts_venue,
        listed.symbol,
        listed.venue,
        listed.market,
        listed.raw,
        "ws",
        seq,
        False,
        ordered_bids,
        ordered_asks,
        is_sound(ordered_bids, ordered_asks),
    )


def depth(recv_ns: int, ts_venue: int | None, listed: Instrument, bids: list[Level], asks: list[Level]) -> Depth | None:
    """Quote value within 1 % and 2 % of mid, both sides cut to the same reach; None if a side is empty.

    Parameters
    ----------
    bids, asks
        Levels in coins as a call returned them, in any order.

    Returns
    -------
    Depth
        `valid` is False for a crossed or locked book. The 2 % values are None where the book does not reach past 1 %.

    Examples
    --------
    >>> from clri.collect.instruments import instrument
    >>> btc = instrument(0, "bybit", "BTCUSDT", "BTC", "USDT")
    >>> d = depth(0, None, btc, [(99.5, 2.0), (98.0, 1.0)], [(100.5, 2.0), (101.0, 1.0)])
    >>> d.mid, d.reach_ask_pct, d.bid_usd_1pct, d.ask_usd_1pct, d.bid_usd_2pct
    (100.0, 1.0, 199.0, 302.0, None)
    """
    ordered_bids = sorted((level for level in bids if level[1] > 0.0), reverse=True)
    ordered_asks = sorted(level for level in asks if level[1] > 0.0)
    if not ordered_bids or not ordered_asks:
        return None
    mid = (ordered_bids[0][0] + ordered_asks[0][0]) / 2.0
    spread_bps = (ordered_asks[0][0] - ordered_bids[0][0]) / mid * 1e4
    reach_bid = (mid - ordered_bids[-1][0]) / mid * 100.0
    reach_ask = (ordered_asks[-1][0] - mid) / mid * 100.0
    reach = min(reach_bid, reach_ask)
    bid_1, ask_1 = _within(ordered_bids, ordered_asks, mid, min(1.0, reach))
    bid_2, ask_2 = _within(ordered_bids, ordered_asks, mid, min(2.0, reach)) if reach > 1.0 else (None, None)
    return Depth(
        recv_ns,
        ts_venue,
        listed.symbol,
        listed.venue,
        listed.market,
        listed.raw,
        "rest",
        None,
        False,
        mid,
        spread_bps,
        bid_1,
        ask_1,
        bid_2,
        ask_2,
        reach_bid,
        reach_ask,
        is_sound(ordered_bids, ordered_asks),
    )


def _within(bids: list[Level], asks: list[Level], mid: float, band_pct: float) -> tuple[float, float]:
    low = mid * (1.0 - band_pct / 100.0) * (1.0 - 1e-12)
    high = mid * (1.0 + band_pct / 100.0) * (1.0 + 1e-12)
    return (
        fsum(price * size for price, size in bids if price >= low),
        fsum(price * size for price, size in asks if price <= high),
    )


class Ladder:
    """One symbol's book kept from a snapshot and deltas; a gap makes it unusable until the next snapshot.

    Examples
    --------
    >>> ladder = Ladder()
    >>> ladder.snapshot([(100.0, 1.0)], [(101.0, 1.0)], seq=5)
    >>> ladder.delta([(100.0, 0.0), (99.0, 2.0)], [], seq=6)
    True
    >>> sorted(ladder.bids.items()), ladder.delta([], [], seq=9), ladder.usable
    ([(99.0, 2.0)], False, False)
    """

    def __init__(self) -> None:
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}
        self.seq = 0
        self.usable = False

    def snapshot(self, bids: list[Level], asks: list[Level], seq: int) -> None:
        """Start anew."""
        self.bids = dict(bids)
        self.asks = dict(asks)
        self.seq = seq
        self.usable = True

    def delta(self, bids: list[Level], asks: list[Level], seq: int) -> bool:
        """Apply changes (size 0 deletes); False if the sequence has a gap, which also ends use of the book."""
        if not self.usable or seq != self.seq + 1:
            self.usable = False
            return False
        self.seq = seq
        for side, changes in ((self.bids, bids), (self.asks, asks)):
            for price, size in changes:
                if size == 0.0:
                    side.pop(price, None)
                else:
                    side[price] = size
        return True
