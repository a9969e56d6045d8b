"""Chance without a stream: numbers hashed from what they belong to, so that no feed changes the market."""

import math
from typing import Final

import numpy as np

from clri.collect.simulate.tape import F8

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15
_FIRST: Final = 0xBF58476D1CE4E5B9
_SECOND: Final = 0x94D049BB133111EB
_SPREAD: Final = 0.4
"""Deviation of the logarithm of a latency."""


def mix(*parts: int) -> int:
    """64 bits that depend on every part (the finaliser of splitmix64, part by part).

    Examples
    --------
    >>> mix(42, 1) == mix(42, 1), mix(42, 1) == mix(1, 42), 0 <= mix(-1) < 2**64
    (True, False, True)
    """
    found = _GOLDEN
    for part in parts:
        found = (found + part * _GOLDEN) & _MASK
        found = ((found ^ (found >> 30)) * _FIRST) & _MASK
        found = ((found ^ (found >> 27)) * _SECOND) & _MASK
        found ^= found >> 31
    return found


def unit(*parts: int) -> float:
    """Number in [0, 1) that depends on every part.

    Examples
    --------
    >>> 0.0 <= unit(7) < 1.0
    True
    """
    return (mix(*parts) >> 11) * 2.0**-53


def units(count: int, *parts: int) -> F8:
    """`count` numbers in [0, 1) that depend on every part.

    Examples
    --------
    >>> units(3, 7).shape, bool((units(3, 7) == units(3, 7)).all())
    ((3,), True)
    """
    start = np.uint64(mix(*parts))
    found = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN) + start
    found = (found ^ (found >> np.uint64(30))) * np.uint64(_FIRST)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(_SECOND)
    return ((found ^ (found >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def latency_ns(median_ns: int, *parts: int) -> int:
    """Time on the way, ns: median `median_ns`, deviation of its logarithm 0.4 (SIMULATION 3).

    Examples
    --------
    >>> 10_000_000 < latency_ns(60_000_000, 42, 3) < 400_000_000
    True
    """
    bits = mix(*parts)
    # Four uniform numbers of 16 bits add up to nearly a normal one.
    sum_ = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48)
    return int(median_ns * math.exp(_SPREAD * math.sqrt(3.0) * (sum_ / 65536.0 - 2.0)))
