"""Which width a symbol's price levels have, and when that may change (SCORES 6)."""

from statistics import median
from typing import Final

import msgspec

from clri.model.instrument import level_step
from clri.model.timebase import DAY

CLOSES: Final = 7
"""Daily closes whose median is the typical price."""


class StepState(msgspec.Struct, array_like=True):
    """State of a `LevelStep` to be saved."""

    step: float | None
    closes: list[float]
    price: float | None
    day: int


class LevelStep:
    """Width of price levels, USD: fixed, or the 1-2-5 step nearest `share` of the typical price.

    Parameters
    ----------
    fixed
        Width that no rule moves, USD; None = by the rule.
    share
        Wanted width as a fraction of the price.

    Attributes
    ----------
    step
        Width in force; None before the first price.

    Notes
    -----
    P = median of the last 7 daily closes (the price at 00:00 UTC). At each 00:00 UTC the width becomes the step
    nearest share * P on a log scale if share * P has left [step / 2, 2 * step]; else it stays, so that a price near
    an edge does not break the levels in two every day. Until the first close P is the first price seen. A day
    without a price has no close.

    Examples
    --------
    >>> rule = LevelStep(None, 0.001)
    >>> rule.at(3_500.0), rule.at(9_000.0)
    (5.0, 5.0)
    >>> for day in (1, 2, 3):
    ...     rule.see(30_000.0)
    ...     rule.midnight(day * 86_400_000_000_000)
    >>> rule.step
    20.0
    """

    def __init__(self, fixed: float | None, share: float) -> None:
        self._fixed = fixed
        self._share = share
        self.step = fixed
        self._closes: list[float] = []
        self._price: float | None = None
        self._day = 0

    def at(self, price: float) -> float:
        """Width in force; an event's price (USD) sets it if nothing has before."""
        if self.step is None:
            self.step = level_step(price if self._price is None else self._price, share=self._share)
        return self.step

    def see(self, price: float | None) -> None:
        """Take the newest price, USD; None = missing."""
        if price is not None:
            self._price = price

    def midnight(self, boundary: int) -> None:
        """A day has ended at `boundary` (ns): its last price joins the closes; a day counts once."""
        if boundary // DAY <= self._day:
            return
        self._day = boundary // DAY
        if self._price is None:
            return
        self._closes = [*self._closes[1 - CLOSES :], self._price]
        self._price = None
        if self._fixed is None:
            typical = median(self._closes)
            want, step = self._share * typical, self.step
            if step is None or not step / 2.0 <= want <= 2.0 * step:
                self.step = level_step(typical, share=self._share)

    def state(self) -> StepState:
        """State to be saved."""
        return StepState(self.step, self._closes, self._price, self._day)

    def set_state(self, state: StepState) -> None:
        """Continue from `state`."""
        self.step, self._closes, self._price, self._day = state.step, state.closes, state.price, state.day
