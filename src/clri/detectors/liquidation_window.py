"""The last 60 s of one symbol's liquidations as exact sums: O(1) per event (SCORES 5, KERNELS 4)."""

import math
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from clri.maths.money import LIMIT_USD, nearest_micro
from clri.model.errors import QuarantineError, SnapshotError
from clri.model.facts import Liquidation, event_time
from clri.model.names import Venue

Q: Final = 10_000_000
"""Price steps per unit of price / reference: q counts 1e-7."""

LIMIT: Final = nearest_micro(LIMIT_USD)
"""Largest sum, micro-USD: saved integers have 64 bits."""

_FAR: Final = 1e9  # prices further from the reference count as this far: q stays a 64-bit integer


class Event(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What windows and totals need of a liquidation: `t` event time (ns), `usd` in whole micro-USD."""

    t: int
    usd: int
    price: float
    long: bool
    complete: bool
    venue: Venue


class _State(msgspec.Struct, array_like=True):
    ref: float
    events: list[Event]


def usd_of(fact: Liquidation) -> int:
    """Notional of a liquidation in whole micro-USD.

    Raises
    ------
    QuarantineError
        `range`, if the notional is not finite or above 9.2e12 USD.
    """
    if not fact.usd <= LIMIT_USD:
        raise QuarantineError("range", f"{fact.venue} {fact.raw}: notional was {fact.usd!r} USD; expected <= 9.2e12")
    return nearest_micro(fact.usd)


def event_of(fact: Liquidation) -> Event:
    """Event of a liquidation.

    Raises
    ------
    QuarantineError
        `range`, if the notional is not finite or above 9.2e12 USD.

    Examples
    --------
    >>> from clri.testing.builders import liquidation
    >>> event_of(liquidation(price=60_000.0, qty=0.5)).usd
    30000000000
    """
    usd = usd_of(fact)
    t = event_time(fact)
    return Event(t, usd, fact.price, fact.side == "LONG", fact.completeness == "all", fact.venue)


class LiquidationWindow:
    """Sums over the events with t - window < event time <= t.

    Money is whole micro-USD. Prices are whole steps q = round((p / ref - 1) * 1e7) with ref the first price since
    the window was empty; with Q = 1e7 their population standard deviation over their mean is

        price_cv = sqrt(n * sum(q^2) - sum(q)^2) / (n * Q + sum(q))

    (SCORES 5: mean = ref*(1 + mean(q)*1e-7), std = ref*1e-7*sqrt((n*sum(q^2) - sum(q)^2)/n^2); ref and n cancel).
    Both differences are Python integers, so adding and then removing an event restores every sum exactly, and a
    replay equals the live run bit for bit.

    Parameters
    ----------
    window_ns
        Length, ns.
    institutional
        Size from which an event counts as institutional, micro-USD.
    venue_ppm
        Share of the window's USD from which a venue counts, millionths.

    Attributes
    ----------
    n
        Events in the window.
    usd, long, complete, institutional
        Sums in micro-USD: all, LONG positions, complete feeds (`all`), institutional events.
    venues
        Sum by venue, micro-USD.

    Notes
    -----
    Events come in order of time. No warm-up: an empty window has sums 0, and whether 0 means quiet or blind is
    told by `FeedHealth`. A price more than 1e9 times the reference counts as 1e9.

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation
    >>> window = LiquidationWindow(60_000_000_000, 100_000_000_000, 10_000)
    >>> window.add(event_of(liquidation(ts=T0, qty=2.0)))
    >>> window.add(event_of(liquidation(ts=T0 + 1, side="SHORT", price=60_600.0, qty=1.0)))
    >>> window.n, window.usd, window.short, window.institutional, round(window.price_cv, 6)
    (2, 180600000000, 60600000000, 120000000000, 0.004975)
    >>> window.expire(T0 + 60_000_000_000)
    True
    >>> window.n, window.usd
    (0, 0)
    """

    def __init__(self, window_ns: int, institutional: int, venue_ppm: int) -> None:
        self._length = window_ns
        self._from = institutional
        self._venue_ppm = venue_ppm
        self._clear()

    def add(self, event: Event) -> None:
        """Take an event that is not older than the newest; call `expire` with its time before."""
        if not self._events:
            self._ref = event.price
        self._append(event)

    def expire(self, t: int) -> bool:
        """Drop the events at or before t - window (ns); True if there were any."""
        events, end = self._events, t - self._length
        if not events or events[0].t > end:
            return False
        while events and events[0].t <= end:
            event, q = events.popleft(), self._steps.popleft()
            self._count(event, q, q * q, -1, -event.usd)
        if not events:
            self._clear()
        return True

    @property
    def short(self) -> int:
        """Sum of SHORT positions, micro-USD."""
        return self.usd - self.long

    @property
    def oldest(self) -> int | None:
        """Time of the oldest event, ns; None if empty."""
        return self._events[0].t if self._events else None

    @property
    def price_cv(self) -> float | None:
        """Population standard deviation of the prices over their mean, >= 0; None if empty or below resolution."""
        below = self.n * Q + self._sum_q
        if below <= 0:  # empty, or every price under 5e-8 of the reference
            return None
        return math.sqrt(self.n * self._sum_q2 - self._sum_q * self._sum_q) / below

    @property
    def venues_counted(self) -> int:
        """Venues that hold at least `venue_ppm` millionths of the window's USD, n; compared in integers."""
        least, found = self.usd * self._venue_ppm or 1, 0
        for usd in self.venues.values():
            if usd * 1_000_000 >= least:
                found += 1
        return found

    def __iter__(self) -> Iterator[Event]:
        """Events in the window, oldest first: O(n), for the start of a cascade and for tests."""
        return iter(self._events)

    def sums(self) -> Mapping[str, object]:
        """Every sum of the window, for comparison with a recomputation."""
        return {
            "n": self.n,
            "usd": self.usd,
            "long": self.long,
            "complete": self.complete,
            "institutional": self.institutional,
            "q": self._sum_q,
            "q2": self._sum_q2,
            "venues": {venue: usd for venue, usd in sorted(self.venues.items()) if usd},
        }

    def snapshot(self) -> bytes:
        """State as bytes: the events and the reference price; the sums follow from them exactly."""
        return msgspec.msgpack.encode(_State(self._ref, list(self._events)))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If the bytes are unreadable.
        """
        try:
            state = msgspec.msgpack.decode(data, type=_State)
        except msgspec.DecodeError as error:
            raise SnapshotError(f"saved liquidation window is unreadable: {error}") from error
        self._clear()
        self._ref = state.ref  # perhaps of an event that is gone
        for event in state.events:
            self._append(event)

    def _append(self, event: Event) -> None:
        """Take an event under the present reference price."""
        q = round(min(event.price / self._ref - 1.0, _FAR) * Q)
        self._events.append(event)
        self._steps.append(q)
        self._count(event, q, q * q, 1, event.usd)

    def _count(self, event: Event, q: int, q2: int, sign: int, usd: int) -> None:
        """Add an event to every sum (sign 1) or take it out again (-1): one path, hence exactly invertible."""
        self.n += sign
        self.usd += usd
        if event.long:
            self.long += usd
        if event.complete:
            self.complete += usd
        if event.usd >= self._from:
            self.institutional += usd
        self._sum_q += sign * q
        self._sum_q2 += sign * q2
        self.venues[event.venue] = self.venues.get(event.venue, 0) + usd

    def _clear(self) -> None:
        self._events: deque[Event] = deque()
        self._steps: deque[int] = deque()
        self._ref = 0.0
        self._sum_q = self._sum_q2 = 0
        self.n = self.usd = self.long = self.complete = self.institutional = 0
        self.venues: dict[Venue, int] = {}
