"""A clock that a test moves by hand, and waiting for conditions."""

import asyncio
import heapq
import itertools

STEP_S = 0.25
START_NS = 1_790_000_000_000_000_000
TURNS = 40
"""Turns of the loop after each step, in which loopback traffic comes and goes."""


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.wall_shift_ns = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        return self.now

    def wall_ns(self) -> int:
        return START_NS + self.wall_shift_ns + round((self.now - 1000.0) * 1e9) + next(self._order)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0.0:
            return await asyncio.sleep(0)
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), waiter))
        return await waiter

    def jump(self, seconds: float) -> None:
        """Time passes at once, as if the loop had stood still."""
        self.now += seconds
        while self._sleepers and self._sleepers[0][0] <= self.now:
            waiter = heapq.heappop(self._sleepers)[2]
            if not waiter.done():
                waiter.set_result(None)

    async def advance(self, seconds: float, each=None) -> None:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.jump(min(STEP_S, end - self.now))
            if each is not None:
                await each()
            await turns()

    async def until(self, condition, within_s: float, each=None) -> float:
        """Move on until the condition holds; seconds that it took."""
        start = self.now
        await turns()
        while not condition():
            assert self.now - start < within_s, f"not within {within_s} s: {condition}"
            await self.advance(STEP_S, each)
        return self.now - start


async def turns(count: int = TURNS) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
