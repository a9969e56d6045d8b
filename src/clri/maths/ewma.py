"""Exponentially weighted mean of samples that come at any time: depth per side, venue shares (SCORES 2.1)."""

import math

from clri.maths.kernel import kernel
from clri.maths.log import exp


@kernel
def blend(mean: float, x: float, dt_s: float, tau_s: float) -> float:
    """One step of the mean; usable in kernels and from Python.

    Parameters
    ----------
    mean
        Mean so far; NaN = none yet.
    x
        New sample, same unit; NaN = missing.
    dt_s
        Seconds since the previous sample; 0 or less (a late sample) has no weight.
    tau_s
        Time constant, seconds, > 0.

    Returns
    -------
    float
        mean + alpha * (x - mean) with alpha = 1 - exp(-dt / tau); `x` if there was none, `mean` if x is
        missing.

    Examples
    --------
    >>> round(float(blend(40e6, 30e6, 10.0, 60.0)), -2)
    38464800.0
    """
    if mean != mean:
        return x
    if x != x or not dt_s > 0.0:
        return mean
    return mean + (1.0 - exp(-dt_s / tau_s)) * (x - mean)


class Ewma:
    """Mean of one series with its clock; the first sample counts in full.

    Parameters
    ----------
    tau_s
        Time constant, seconds: a sample's weight falls to 1/e after it.

    Raises
    ------
    ValueError
        If `tau_s` is not positive.

    Examples
    --------
    >>> bid = Ewma(tau_s=60.0)
    >>> bid.get() is None
    True
    >>> bid.update(0, 40e6)
    >>> bid.update(10_000_000_000, 30e6)
    >>> round(bid.get() / 1e6, 4)
    38.4648
    >>> again = Ewma(60.0, *bid.state())
    >>> again.get() == bid.get()
    True
    """

    __slots__ = ("_mean", "_ts", "tau_s")

    def __init__(self, tau_s: float, mean: float | None = None, ts: int | None = None) -> None:
        if not tau_s > 0.0:
            raise ValueError(f"tau_s was {tau_s}; expected a positive number of seconds")
        self.tau_s = tau_s
        self._mean = mean
        self._ts = ts

    def update(self, ts: int, x: float | None) -> None:
        """Take a sample of time `ts` (ns); None, NaN and samples older than the last one change nothing."""
        if x is None or math.isnan(x) or (self._ts is not None and ts < self._ts):
            return
        if self._mean is None or self._ts is None:
            self._mean = float(x)
        else:
            self._mean = float(blend(self._mean, float(x), (ts - self._ts) / 1e9, self.tau_s))
        self._ts = ts

    def get(self) -> float | None:
        """Mean in the unit of the samples, None before the first."""
        return self._mean

    def state(self) -> tuple[float | None, int | None]:
        """Mean and time (ns) of the last sample; ``Ewma(tau_s, *state)`` goes on from here."""
        return self._mean, self._ts
