"""Blocks of rows against exact histories: evaluate, then replace (KERNELS 1, SCORES 1).

At row T the value x(T) is first compared with the samples of T - window <= time < T; then, if T is on the
grid, it takes the slot of T - window. The current value is excluded and the window is time: polling speed
changes nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from clri.maths.kernel import F8, I8, U2, kernel
from clri.maths.order import MAX_CAP, mad_at, median, mid, mid_rank, nearest, settle
from clri.maths.search import below, below_both, below_six, run_end

_ZERO: Final = np.uint64(0)


@dataclass(frozen=True, slots=True)
class History:
    """Shape and limits of one history.

    Parameters
    ----------
    cap
        Grid samples in the window, 1..65,535: 30 d of 5-minute samples = 8,640.
    every
        Rows between grid samples: 5 for minute rows.
    n_min
        Samples below which every output is NaN (warm-up), at least 1.
    floor
        Least robust standard deviation of z, in the history's unit; NaN for a rank-only history.

    Raises
    ------
    ValueError
        If a field is out of its range.

    Examples
    --------
    >>> funding = History(cap=8_640, every=5, n_min=2_016, floor=5e-5)
    >>> ring, order, n = funding.allocate(lanes=8)
    >>> ring.shape, order.dtype.name, n.tolist()
    ((8, 8640), 'uint16', [0, 0, 0, 0, 0, 0, 0, 0])
    """

    cap: int
    every: int = 1
    n_min: int = 1
    floor: float = math.nan

    def __post_init__(self) -> None:
        if not 1 <= self.cap <= MAX_CAP:
            raise ValueError(f"history cap was {self.cap}; expected 1..{MAX_CAP}")
        if self.every < 1 or not 1 <= self.n_min <= self.cap:
            raise ValueError(
                f"history had every={self.every}, n_min={self.n_min}; expected every >= 1, 1 <= n_min <= cap"
            )
        if self.floor <= 0.0:
            raise ValueError(f"history floor was {self.floor}; expected a positive number or NaN (rank-only)")

    def allocate(self, lanes: int) -> tuple[F8, U2, I8]:
        """Empty state of `lanes` lanes: ring (NaN), order (0), n (0)."""
        ring = np.full((lanes, self.cap), math.nan)
        return ring, np.zeros((lanes, self.cap), np.uint16), np.zeros(lanes, np.int64)


def filled(samples: Sequence[float]) -> tuple[F8, U2, int]:
    """State of one lane that holds exactly `samples`: for examples and tests.

    Examples
    --------
    >>> ring, order, n = filled([5, 3, 9])
    >>> order.tolist(), n
    ([1, 0, 2], 3)
    """
    ring = np.array([samples], dtype=np.float64)
    order, n = rebuild(ring)
    return ring[0], order[0], int(n[0])


def rebuild(ring: F8) -> tuple[U2, I8]:
    """Order and n of every lane from the rings alone, so that snapshots may leave them out (KERNELS 4).

    Parameters
    ----------
    ring
        ``f64[L, cap]`` as kept by `roll`.

    Returns
    -------
    order, n
        Equal byte for byte to the state that was dropped.

    Examples
    --------
    >>> order, n = rebuild(np.array([[2.0, np.nan, 1.0]]))
    >>> order.tolist(), n.tolist()
    ([[2, 0, 0]], [2])
    """
    n = np.count_nonzero(~np.isnan(ring), axis=1).astype(np.int64)
    order = np.argsort(ring, axis=1, kind="stable").astype(np.uint16)  # NaN sorts last
    order[np.arange(ring.shape[1]) >= n[:, None]] = 0
    return order, n


@kernel
def roll(
    ring: F8,
    order: U2,
    n: I8,
    t0: int,
    x: F8,
    out_z: F8 | None,
    out_rank: F8 | None,
    out_n: F8 | None,
    n_min: int,
    floor: float,
    every: int,
) -> None:
    """Evaluate every row against its history, then put the rows on the grid into it.

    Parameters
    ----------
    ring, order, n
        State ``f64[L, cap]``, ``u16[L, cap]``, ``i64[L]``; changed in place.
    t0
        Absolute number of the first row (UTC minute), >= 0; rows follow without gaps.
    x
        Input ``f64[T, L]``, finite; NaN = missing: z and rank are NaN, a grid row empties its slot.
    out_z
        ``f64[T, L]`` or None: signed z, (x - median) / max(1.4826 * MAD, floor).
    out_rank
        ``f64[T, L]`` or None: mid-rank 0..100.
    out_n
        ``f64[T, L]`` or None: samples the row was compared with (NaN with n < n_min means warming).
    n_min
        Samples below which z and rank are NaN.
    floor
        Least robust standard deviation, > 0; not read when `out_z` is None.
    every
        Rows between grid points: row t is on the grid if ``t % every == 0``.

    Notes
    -----
    Lane outside, row inside: one lane's history stays in the processor's cache. Rows between two grid points see one
    history: they are sought side by side, and median and MAD are computed once for them.

    Examples
    --------
    >>> history = History(cap=10, n_min=10, floor=0.1)
    >>> state = history.allocate(lanes=1)
    >>> x = np.array([[1.0], [2.0], [2.0], [3.0], [5.0], [8.0], [9.0], [12.0], [20.0], [40.0], [20.0]])
    >>> z, share = np.empty_like(x), np.empty_like(x)
    >>> roll(*state, 0, x, z, share, None, 10, 0.1, 1)
    >>> round(float(z[10, 0]), 4), float(share[10, 0]), float(z[9, 0])
    (2.0235, 85.0, nan)
    """
    T, L = x.shape
    cap = ring.shape[1]
    for lane in range(L):
        values = ring[lane]
        sorted_slots = order[lane]
        held = n[lane]
        wait = (every - t0 % every) % every
        slot = ((t0 + wait) // every) % cap
        near = np.uint64(held // 4)
        row = 0
        while row < T:
            stop = min(T, row + wait + 1)  # rows that see one history; the last may be on the grid
            wait = wait - (stop - row)
            known = held >= n_min and held > 0
            leaves = values[slot]
            target, place = _ZERO, _ZERO
            if out_n is not None:
                out_n[row:stop, lane] = float(held)
            if out_rank is not None:
                if known:
                    target, place = _ranks(values, sorted_slots, held, leaves, x, out_rank, lane, row, stop, wait)
                else:
                    out_rank[row:stop, lane] = math.nan
            if out_z is not None:
                if known:
                    near = _scores(values, sorted_slots, held, floor, near, x, out_z, lane, row, stop)
                else:
                    out_z[row:stop, lane] = math.nan
            row = stop
            if wait < 0:
                v = x[row - 1, lane]
                if T == 1 and (out_rank is None or not known):
                    target = below(values, sorted_slots, held, v)
                    place = below(values, sorted_slots, held, leaves)
                elif out_rank is None or not known:
                    target, place = below_both(values, sorted_slots, held, v, leaves)
                held = settle(values, sorted_slots, held, slot, v, target, place)
                wait = every - 1
                slot = slot + 1
                if slot == cap:
                    slot = 0
        n[lane] = held


@kernel
def _ranks(
    ring: F8, order: U2, n: int, leaves: float, x: F8, out: F8, lane: int, start: int, stop: int, wait: int
) -> tuple[np.uint64, np.uint64]:
    """Mid-ranks of rows `start` to `stop`, which see one history; samples below the last row and below `leaves`."""
    if stop == start + 1:
        v = x[start, lane]
        last = below(ring, order, n, v)
        out[start, lane] = mid_rank(ring, order, n, v, last)
        return last, below(ring, order, n, leaves) if wait < 0 else _ZERO
    last, place, equal = _ZERO, _ZERO, _ZERO
    before = math.nan
    for row in range(start, stop + 1, 6):
        x0 = x[row, lane] if row < stop else leaves
        x1 = x[row + 1, lane] if row + 1 < stop else leaves
        x2 = x[row + 2, lane] if row + 2 < stop else leaves
        x3 = x[row + 3, lane] if row + 3 < stop else leaves
        x4 = x[row + 4, lane] if row + 4 < stop else leaves
        x5 = x[row + 5, lane] if row + 5 < stop else leaves
        under = below_six(ring, order, n, x0, x1, x2, x3, x4, x5)
        sought = (x0, x1, x2, x3, x4, x5)
        for k in range(6):
            if row + k < stop:
                v = sought[k]
                last = under[k]
                if v != before:
                    equal = _ZERO
                    if last < np.uint64(n) and ring[order[last]] == v:
                        equal = run_end(ring, order, n, last) - last
                    before = v
                out[row + k, lane] = mid(last, equal, n) if v == v else math.nan
        place = under[5]  # in the last batch the sixth value is the sample that leaves
    return last, place


@kernel
def _scores(
    ring: F8, order: U2, n: int, floor: float, near: np.uint64, x: F8, out: F8, lane: int, start: int, stop: int
) -> np.uint64:
    """Robust z of rows `start` to `stop`, which see one history; where the samples nearest to the median begin."""
    center = math.nan
    scale = math.nan
    stale = True
    for row in range(start, stop):
        v = x[row, lane]
        if stale and v == v:
            center = median(ring, order, n)
            near = nearest(ring, order, n, center, near)
            scale = max(floor, 1.4826 * mad_at(ring, order, n, center, near))
            stale = False
        out[row, lane] = (v - center) / scale if scale > 0.0 else math.nan
    return near
