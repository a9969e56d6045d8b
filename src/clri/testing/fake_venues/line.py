"""One connection of one client: what it subscribed, and what goes out over it."""

import asyncio
import heapq
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, NamedTuple

from aiohttp import WSCloseCode, WSMsgType, web

from clri.collect.simulate.view import CLEAR
from clri.collect.simulate.voice import Told, Topic
from clri.testing.fake_venues.clock import WorldClock
from clri.testing.fake_venues.faults import DAMAGE, TIMING, WIRE, Faults
from clri.testing.fake_venues.market import Market
from clri.testing.fake_venues.passage import passage
from clri.testing.fake_venues.protocol import Heard, Protocol
from clri.testing.fake_venues.truth import Truth

TICK_S: Final = 0.05
"""Real time between two looks at what is due."""
BACKLOG: Final = 64 << 20
"""Bytes that wait for a client that does not read, before the venue hangs up."""
STALL_S: Final = 0.5
"""Real time between two looks that counts as standing still."""
PIECE_S: Final = 0.1
"""Time between two pieces of a frame that drips."""
SHORT, MIDDLE = 126, 1 << 16
"""Lengths of a frame from which its head is longer (RFC 6455)."""


class Out(NamedTuple):
    """Bytes on their way: due at `at` (ms), in order of `number`; no bytes = a pong."""

    at: int
    number: int
    raw: bytes
    text: bool
    told: Told | None
    fault: str


class Shared(NamedTuple):
    """What all connections have in common."""

    market: Market
    clock: WorldClock
    faults: Faults
    truth: Truth
    counts: Counter[str]

    def over(self, name: str) -> None:
        """Count something that passed a limit."""
        self.counts["over limit"] += 1
        self.counts[f"{name} over limit"] += 1


class Line:
    """A connection from its handshake to its end.

    Parameters
    ----------
    number
        Tells the connections of the server apart.
    """

    def __init__(self, shared: Shared, protocol: Protocol, number: int, request: web.Request) -> None:
        self._shared, self._protocol, self.number = shared, protocol, number
        self.venue = protocol.voice.venue
        self._request = request
        # No compression, and pongs are ours: while a frame drips nothing may come between.
        self.socket = web.WebSocketResponse(compress=False, autoping=False, max_msg_size=1 << 20)
        self._topics: dict[Topic, int] = {}
        self._due: list[Out] = []
        self._count = 0
        self._backlog = 0
        self._bell = asyncio.Event()
        self._opened = self._heard = self._pinged = self._looked = shared.clock.monotonic()
        self._asked = False

    @property
    def topics(self) -> list[Topic]:
        """What is subscribed and served."""
        return list(self._topics)

    async def serve(self) -> None:
        """Serve until either side hangs up."""
        await self.socket.prepare(self._request)
        self._take(self._protocol.opened())
        async with _beside(self._push(), self._send()):
            await self._listen()
        if not self.socket.closed:
            with suppress(ConnectionError):
                await self.socket.close(code=WSCloseCode.OK)

    def cut(self) -> None:
        """Cut the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    # ------------------------------------------------------------ in
    async def _listen(self) -> None:
        shared, lens = self._shared, self._protocol.voice.view
        async for message in self.socket:
            self._heard = shared.clock.monotonic()
            shared.counts[f"{self.venue} frames heard"] += 1
            if message.type is WSMsgType.PING:
                self._put(b"")
            elif message.type is WSMsgType.TEXT:
                wall_ms = shared.clock.ms() + lens.lens.shift_ms
                heard = self._protocol.heard(message.data, self._heard, wall_ms)
                self._take(heard)
                if heard.close is not None:
                    await self.socket.close(code=heard.close)

    def _take(self, heard: Heard) -> None:
        if heard.over:
            self._shared.over(self.venue)
        if not any(fault.channel is None and fault.symbol is None for fault in self._wire("blackhole")):
            for answer in heard.answers:
                self._put(answer)
        for topic in heard.drop:
            self._topics.pop(topic, None)
        now = self._shared.market.play()
        for topic in heard.add:
            self._asked = True
            if topic in self._topics or not self._protocol.serves(topic):
                continue
            self._topics[topic] = now
            for told in self._protocol.voice.first(topic, now):
                self._tell(told)

    # ------------------------------------------------------------ out
    async def _push(self) -> None:
        shared, voice = self._shared, self._protocol.voice
        while not self.socket.closed:
            now = shared.market.play()
            for topic, since in self._topics.items():
                for told in voice.frames_of(topic, since, now):
                    self._tell(told)
                self._topics[topic] = now
            await self._watch(shared.clock.monotonic())
            await shared.clock.base.sleep(TICK_S)

    async def _watch(self, now: float) -> None:
        """Hang up on clients that say too little, and ping those that want it."""
        protocol = self._protocol
        gap, self._looked = now - self._looked, now
        if gap > STALL_S * self._shared.clock.factor:  # this process stood still: what the client said waits unread
            self._opened, self._heard, self._pinged = self._opened + gap, self._heard + gap, self._pinged + gap
        if protocol.first_s is not None and not self._asked and now - self._opened > protocol.first_s:
            await self._hang_up("no subscription")
        elif now - self._heard > protocol.idle_s:
            await self._hang_up("idle")
        elif self._backlog > BACKLOG:
            self._shared.counts[f"{self.venue} closed: slow client"] += 1
            self.cut()
        elif protocol.ping_s is not None and now - self._pinged > protocol.ping_s:
            self._pinged = now
            await self.socket.ping()

    async def _hang_up(self, reason: str) -> None:
        self._shared.counts[f"{self.venue} closed: {reason}"] += 1
        await self.socket.close(code=WSCloseCode.OK)

    def _wire(self, kind: str) -> list[Any]:
        shared = self._shared
        found = shared.faults.of(self.venue, shared.clock.monotonic(), WIRE)
        return [one for one in found if one.kind == kind and one.socket in {None, self.number}]

    def _tell(self, told: Told) -> None:
        """Send a frame, as far as the faults let it through."""
        shared, protocol = self._shared, self._protocol
        active = shared.faults.of(self.venue, shared.clock.monotonic(), WIRE | TIMING | DAMAGE)
        found = passage(told, protocol.shaped(told.topic, told.frame), self.venue, self.number, active)
        if found.fault:
            shared.counts[f"{self.venue} {found.fault}"] += 1
        if found.lost:
            shared.truth.lost(told.sent, found.fault)
            return
        fault = found.fault or ("" if protocol.voice.view.lens == CLEAR else "lens")
        at = shared.clock.ms() + found.delay_ms if found.delay_ms else 0
        for _ in range(found.copies):
            self._put(found.raw, text=found.text, told=told, fault=fault, at=at)

    def _put(self, raw: bytes, *, text: bool = True, told: Told | None = None, fault: str = "", at: int = 0) -> None:
        self._count += 1
        heapq.heappush(self._due, Out(at, self._count, raw, text, told, fault))
        self._backlog += len(raw)
        self._bell.set()

    def ready(self, raw: bytes, told: Told) -> None:
        """Send a frame that is rendered already, past all faults."""
        self._put(raw, told=told)

    async def _send(self) -> None:
        clock = self._shared.clock
        while not self.socket.closed:
            if not self._due:
                self._bell.clear()
                await self._bell.wait()
            elif self._due[0].at > clock.ms():
                await clock.base.sleep(TICK_S)
            else:
                out = heapq.heappop(self._due)
                self._backlog -= len(out.raw)
                try:
                    await self._out(out)
                except (ConnectionError, RuntimeError):
                    return  # it was closed meanwhile

    async def _out(self, out: Out) -> None:
        shared, drips = self._shared, self._wire("drip")
        if not out.raw:
            await self.socket.pong()
            return
        if drips:
            await self._drip(out, drips[0].amount)
        elif out.text:
            await self.socket.send_frame(out.raw, WSMsgType.TEXT)
        else:
            await self.socket.send_bytes(out.raw)
        shared.counts[f"{self.venue} frames sent"] += 1
        if self._protocol.pushes_count:
            self._heard = shared.clock.monotonic()
        if out.told is not None:
            shared.truth.told(out.told.sent, self.number, shared.clock.wall_ns(), out.fault)

    async def _drip(self, out: Out, bytes_s: float) -> None:
        """Write one frame piece by piece, as a slow line brings it."""
        size = len(out.raw)
        if size < SHORT:
            head = bytes([size])
        else:
            head = b"\x7e" + size.to_bytes(2, "big") if size < MIDDLE else b"\x7f" + size.to_bytes(8, "big")
        whole = (b"\x81" if out.text else b"\x82") + head + out.raw
        piece = max(1, int(bytes_s * PIECE_S))
        for start in range(0, len(whole), piece):
            if (transport := self._request.transport) is None:
                raise ConnectionResetError
            transport.write(whole[start : start + piece])
            await self._shared.clock.sleep(PIECE_S)


@asynccontextmanager
async def _beside(*parts: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run parts beside the body; they end with it, and what went wrong in them is raised."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
    for one in found:
        if isinstance(one, Exception) and not isinstance(one, ConnectionError):
            raise one
