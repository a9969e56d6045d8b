"""Time as the transport sees it: monotonic for timers, wall clock for `recv_ns` only; a test passes its own."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from clri.ports import Clock

__all__ = ["Clock", "Pacer", "SteadyClock", "SystemClock", "limited"]

T = TypeVar("T")
STEP_NS: Final = 500_000_000


class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """Seconds that never run back."""
        return time.monotonic()

    def wall_ns(self) -> int:
        """UTC ns; may jump."""
        return time.time_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait; 0 or less yields once."""
        await asyncio.sleep(max(0.0, seconds))


class SteadyClock(SystemClock):
    """The machine's clocks, but its wall clock never runs back: receipts order the log.

    A step forward of more than half a second is followed at once. After a step back it goes on as before, and
    `ahead_s` tells how far it is ahead of the machine's: until a restart all receipts are late by as much.
    """

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()
        self.ahead_s = 0.0

    def wall_ns(self) -> int:
        """UTC ns that never run back."""
        wall, steady = time.time_ns(), time.monotonic_ns() + self._offset
        if abs(wall - steady) > STEP_NS:
            if wall > steady:
                self._offset += wall - steady
                steady = wall
            self.ahead_s = max(0.0, (steady - wall) / 1e9)
        return steady


async def limited(clock: Clock, seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Result of `work`, if it comes in time.

    Parameters
    ----------
    seconds
        Time that it may take on `clock`.

    Raises
    ------
    TimeoutError
        If it did not; the work was cancelled.
    """
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_settled(work))
        timer = group.create_task(clock.sleep(seconds))
        await asyncio.wait((task, timer), return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        task.cancel()
    if task.cancelled():
        raise TimeoutError(f"no answer within {seconds:g} s")
    found = task.result()
    if isinstance(found, _Failure):
        raise found.error
    return found


class _Failure:
    def __init__(self, error: Exception) -> None:
        self.error = error


async def _settled(work: Coroutine[Any, Any, T]) -> T | _Failure:
    """Keep the error as a value: a task group would wrap it."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001 - raised again by `limited`
        return _Failure(error)


class Pacer:
    """At most so many turns a second, evenly spaced; shared by all who must keep the pace together.

    Parameters
    ----------
    per_s
        Turns a second.
    """

    def __init__(self, clock: Clock, per_s: float) -> None:
        self._clock = clock
        self._step = 1.0 / per_s
        self._next = clock.monotonic()

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = self._clock.monotonic()
        at = max(now, self._next)
        self._next = at + self._step
        if at > now:
            await self._clock.sleep(at - now)
