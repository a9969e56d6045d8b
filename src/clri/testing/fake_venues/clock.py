"""The time of the fake venues: that of the machine, or of a test, so many times as fast."""

from typing import Final

from clri.collect.transport.clock import Clock, SystemClock

FASTEST: Final = 1000.0


class WorldClock:
    """Time of the simulated market; hand it to what collects from it, so that both agree.

    Parameters
    ----------
    factor
        Seconds of the market in a second of `base`, 1 to 1000.
    base
        What really passes; default the machine's clock.
    start_ns
        Time of the market at the start, UTC ns; default that of `base`.

    Raises
    ------
    ValueError
        If the factor is out of range.
    """

    def __init__(self, factor: float = 1.0, base: Clock | None = None, start_ns: int | None = None) -> None:
        if not 1.0 <= factor <= FASTEST:
            raise ValueError(f"time factor was {factor}; expected 1 to {FASTEST:g}")
        self.factor = factor
        self.base = base or SystemClock()
        self._since = self.base.monotonic()
        self._start_ns = self.base.wall_ns() if start_ns is None else start_ns

    def set(self, start_ns: int) -> None:
        """Begin anew at another time of the market, UTC ns."""
        self._since, self._start_ns = self.base.monotonic(), start_ns

    def monotonic(self) -> float:
        """Seconds of the market that never run back."""
        return self._since + (self.base.monotonic() - self._since) * self.factor

    def wall_ns(self) -> int:
        """Time of the market, UTC ns."""
        return self._start_ns + round((self.base.monotonic() - self._since) * self.factor * 1e9)

    def ms(self) -> int:
        """Time of the market, ms since 1970."""
        return self.wall_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Wait for seconds of the market."""
        await self.base.sleep(seconds / self.factor)
