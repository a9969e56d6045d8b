"""Label C: where a cascade starts, by liquidations, open interest and price alone (EVALUATION 3)."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from clri.maths.kernel import F8, I8
from clri.model.names import Side
from clri.model.timebase import DAY, MINUTE, SECOND


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the label.

    Parameters
    ----------
    window_s
        Length of the window of liquidations and move, s.
    quantile, days, n_min
        Own quantile of the window sums: fraction, look-back (d), sums before there is a label.
    oi_share
        Least liquidations, fraction of open interest (10 bp).
    move
        Least return against the side that was liquidated more, fraction.
    quiet_min
        Time since the last start in which there is no other, minutes.
    """

    window_s: int = 300
    quantile: float = 0.995
    days: int = 30
    n_min: int = 2016
    oi_share: float = 1e-3
    move: float = 0.01
    quiet_min: int = 60


DEFAULTS: Final = Params()


class Start(NamedTuple):
    """A label: when it was crossed (ns), and the side that was liquidated."""

    at: int
    side: Side


class Span(NamedTuple):
    """First and last row (end, ns) of a stretch in which every row meets the condition."""

    first: int
    last: int


class LabelC:
    """Labels of one symbol over a grid of rows.

    Condition at the end t of a row: liquidations of (t - 300 s, t] >= their own 99.5 % quantile, and >= 10 bp of open
    interest; return over the same time >= 1 % against the side that was liquidated more. A start is a row that meets
    it, none in the 60 min before. The quantile is over the window sums at full 5 minutes before t, 30 d.

    Parameters
    ----------
    step_s
        Length of a row, s; a divisor of the window.
    params
        Numbers.

    Attributes
    ----------
    starts
        Labels so far.
    spans
        Stretches of rows that meet the condition, whether they start anything or not.
    heavy
        Stretches of rows in which the liquidations are enough, whatever the price does.

    Notes
    -----
    Warm-up: 7 d of sums, then none is missed; rows without price or open interest (NaN) meet nothing. A whole price
    window must be seen. Range of times: ends of rows. The crossing of a finer grid is earlier, never later.

    Examples
    --------
    Longs of 40,000 USD against 10m of open interest, while the price falls by 2 %:

    >>> label = LabelC(60)
    >>> label.warm([0] * 2016)
    >>> flat, usd = np.full(12, 1e7), np.zeros(12, np.int64)
    >>> price = np.array([100.0] * 8 + [98.0] * 4)
    >>> usd[8] = 40_000_000_000
    >>> label.take(0, usd, usd * 0, price, flat)
    >>> [(start.at // MINUTE, start.side) for start in label.starts], [(s.first // MINUTE) for s in label.spans]
    ([(9, 'LONG')], [9])
    """

    def __init__(self, step_s: int, params: Params = DEFAULTS) -> None:
        if step_s < 1 or params.window_s % step_s:
            raise ValueError(f"step was {step_s} s; expected a divisor of {params.window_s}")
        self.params = params
        self.starts: list[Start] = []
        self.spans: list[Span] = []
        self.heavy: list[Span] = []
        self._step = step_s * SECOND
        self._rows = params.window_s // step_s
        self._window = params.window_s * SECOND
        self._sums: deque[int] = deque(maxlen=params.days * DAY // self._window)
        self._usd = np.zeros((2, 0), np.int64)
        self._price = np.zeros(0)

    def warm(self, sums: Sequence[int]) -> None:
        """Take window sums of the time before, micro-USD, oldest first."""
        self._sums.extend(sums)

    def take(self, start: int, longs: I8, shorts: I8, price: F8, oi_usd: F8) -> None:
        """Take consecutive rows, the first of which begins at `start` (ns).

        Parameters
        ----------
        longs, shorts
            Liquidated in each row, micro-USD.
        price, oi_usd
            At the end of each row, USD; NaN = missing.
        """
        p, rows = self.params, self._rows
        usd = np.concatenate([self._usd, np.stack([longs, shorts])], axis=1)
        prices = np.concatenate([self._price, price])
        sums = np.concatenate([np.zeros((2, 1), np.int64), np.cumsum(usd, axis=1)], axis=1)
        count, known = len(price), len(self._price)
        here = np.arange(known, known + count)
        full = here >= rows  # the price a window ago is seen
        oldest = np.maximum(here - rows, 0)
        own = sums[:, here + 1] - sums[:, np.maximum(here + 1 - rows, 0)]
        total = own.sum(axis=0)
        move = prices[here] / prices[oldest] - 1.0
        against = np.where(own[0] > own[1], -move, move)
        likely = full & (total >= 1) & (total / 1e6 >= p.oi_share * oi_usd)
        ends = start + self._step * np.arange(1, count + 1)
        for low, high in _cuts(ends, self._window):
            met = np.flatnonzero(likely[low:high]) + low
            if len(met) and len(self._sums) >= p.n_min:
                level = float(np.quantile(np.array(self._sums), p.quantile))
                for k in met[total[met] >= level].tolist():
                    self._extend(self.heavy, int(ends[k]))
                    if against[k] >= p.move:
                        self._met(int(ends[k]), "LONG" if own[0, k] > own[1, k] else "SHORT")
            if ends[high - 1] % self._window == 0 and here[high - 1] + 1 >= rows:
                self._sums.append(int(total[high - 1]))
        self._usd, self._price = usd[:, -rows:], prices[-rows:]

    def _met(self, at: int, side: Side) -> None:
        self._extend(self.spans, at)
        if not self.starts or at - self.starts[-1].at >= self.params.quiet_min * MINUTE:
            self.starts.append(Start(at, side))

    def _extend(self, spans: list[Span], at: int) -> None:
        if spans and spans[-1].last == at - self._step:
            spans[-1] = Span(spans[-1].first, at)
        else:
            spans.append(Span(at, at))


def _cuts(ends: I8, window: int) -> list[tuple[int, int]]:
    """Rows that share a full window, as (first, behind the last)."""
    edges = np.flatnonzero(np.diff((ends - 1) // window)) + 1
    cuts = [0, *edges.tolist(), len(ends)]
    return list(pairwise(cuts))
