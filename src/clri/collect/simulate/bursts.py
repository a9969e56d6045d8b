"""Cascades of the true stream: SCORES 5 and label C of EVALUATION 3, written down a second time and plainly.

Nothing here is shared with the detector: it is what the detector's findings are held against.
"""

from collections import deque
from typing import Final, NamedTuple

import numpy as np

from clri.model.timebase import MINUTE, SECOND

WINDOW_S: Final = 60
END_S: Final = 60
LEAST_USD: Final = 100_000.0
LEAST_ORDERS: Final = 5
QUANTILE: Final = 0.999
DAYS_MIN: Final = 30 * 1440
WARM_MIN: Final = 10_080

C_MIN: Final = 5
C_QUANTILE: Final = 0.995
C_SHARE: Final = 1e-3
"""Liquidations of five minutes over open interest: 10 bp."""
C_MOVE: Final = 0.01
C_QUIET_MIN: Final = 60


class Hit(NamedTuple):
    """A forced order: `at` ns, `usd`, `long`, `place` of the venue, `number` of the order."""

    at: int
    usd: float
    long: bool
    place: int
    number: int


class Burst(NamedTuple):
    """A cascade: times ns, sums over its orders, USD by place of the venue."""

    number: int
    started_at: int
    ended_at: int
    orders: int
    usd: float
    long_usd: float
    places: dict[int, float]


class Bursts:
    """Cascades of one symbol by the condition of SCORES 5: at least 5 orders and the threshold in 60 s.

    The threshold is the floor until `minutes` has brought a week of sums, then at least their 99.9 % quantile.

    Examples
    --------
    >>> bursts = Bursts()
    >>> found = bursts.second(1 * SECOND, [Hit(SECOND - 9 + n, 30_000.0, True, 0, n) for n in range(5)])
    >>> found, bursts.running
    ([], True)
    >>> done = [burst for s in range(2, 200) for burst in bursts.second(s * SECOND, [])]
    >>> done[0].orders, done[0].usd, done[0].ended_at // SECOND
    (5, 150000.0, 60)
    """

    def __init__(self) -> None:
        self.threshold = LEAST_USD
        self._sums: deque[float] = deque(maxlen=DAYS_MIN)
        self._window: deque[Hit] = deque()
        self._usd = 0.0
        self._held: list[Hit] = []
        self._met = 0
        self._count = 0
        self.running = False

    def minutes(self, usd: list[float]) -> None:
        """Take the sums of minutes that ended, USD."""
        self._sums.extend(usd)
        if len(self._sums) >= WARM_MIN:
            self.threshold = max(LEAST_USD, float(np.quantile(np.array(self._sums), QUANTILE)))

    def second(self, boundary: int, hits: list[Hit]) -> list[Burst]:
        """Take the orders of the second that ends at `boundary` (ns), by time; cascades that ended with it."""
        for hit in hits:
            self._expire(hit.at)
            self._window.append(hit)
            self._usd += hit.usd
            if self.running:
                self._held.append(hit)
            self._look(hit.at)
        self._expire(boundary)
        self._look(boundary)
        if self.running and boundary - self._met >= END_S * SECOND:
            return [self._end()]
        return []

    @property
    def since(self) -> int | None:
        """Start of the running cascade, ns; None if there is none."""
        return self._held[0].at if self.running else None

    @property
    def met(self) -> int:
        """When the condition was last met, ns."""
        return self._met

    @property
    def number(self) -> int:
        """Number of the running, or else of the coming cascade."""
        return self._count

    def _look(self, now: int) -> None:
        if len(self._window) < LEAST_ORDERS or self._usd < self.threshold:
            return
        if not self.running:
            self.running, self._held = True, list(self._window)
        self._met = now

    def _expire(self, now: int) -> None:
        while self._window and self._window[0].at <= now - WINDOW_S * SECOND:
            self._usd -= self._window.popleft().usd
        if not self._window:
            self._usd = 0.0

    def _end(self) -> Burst:
        own = [hit for hit in self._held if hit.at <= self._met]
        places: dict[int, float] = {}
        for hit in own:
            places[hit.place] = places.get(hit.place, 0.0) + hit.usd
        longs = sum(hit.usd for hit in own if hit.long)
        found = Burst(self._count, own[0].at, self._met, len(own), sum(hit.usd for hit in own), longs, places)
        self._count += 1
        self.running, self._held = False, []
        return found


class LabelC:
    """Starts of cascades by EVALUATION 3 C, looked for at the end of each minute of one symbol.

    Five minutes of liquidations of at least their own 99.5 % quantile and 10 bp of open interest, with a move of 1 %
    against the side that was liquidated more, and no other start in the 60 min before.
    """

    def __init__(self) -> None:
        self._longs: deque[float] = deque(maxlen=C_MIN)
        self._shorts: deque[float] = deque(maxlen=C_MIN)
        self._prices: deque[float] = deque(maxlen=C_MIN + 1)
        self._fives: deque[float] = deque(maxlen=DAYS_MIN // C_MIN)
        self._last = -C_QUIET_MIN * MINUTE

    def minute(self, end: int, long_usd: float, short_usd: float, price: float, oi_usd: float) -> bool:
        """Take the minute that ended at `end` (ns); True if a cascade starts."""
        self._longs.append(long_usd)
        self._shorts.append(short_usd)
        self._prices.append(price)
        longs, shorts = sum(self._longs), sum(self._shorts)
        found = False
        if len(self._prices) > C_MIN and len(self._fives) >= WARM_MIN // C_MIN and longs + shorts >= C_SHARE * oi_usd:
            move = price / self._prices[0] - 1.0
            against = -move if longs > shorts else move
            if against >= C_MOVE and longs + shorts >= float(np.quantile(np.array(self._fives), C_QUANTILE)):
                found = end - self._last >= C_QUIET_MIN * MINUTE
        if end % (C_MIN * MINUTE) == 0:
            self._fives.append(longs + shorts)
        if found:
            self._last = end
        return found
