"""One socket from handshake to close: frames in, facts and feed states out (VENUES 5)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import aiohttp

from clri.collect.mapper import MAX_FRAME, Conn, Control
from clri.collect.transport.clock import Pacer, limited
from clri.collect.transport.intake import Intake, Wire
from clri.collect.transport.refusal import Loss, of_connect
from clri.collect.transport.subscribe import Subscriptions
from clri.collect.transport.topics import Topics, covers
from clri.collect.transport.watchdog import Key, Watchdog
from clri.model.control import LIQUIDATION
from clri.model.names import FeedState

HANDSHAKE_S: Final = 10.0
TICK_S: Final = 0.5
STALL_S: Final = 1.0
CLOSE_S: Final = 0.5
"""Time that the venue gets to answer a close."""
RENEW_S: Final = 10.0
"""A book that breaks again within this time is not asked for again at once."""
TEXT, BINARY = aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY
STAMP: Final = b'"time":0'
"""Gate wants the second of sending in each request."""


class Link:
    """One socket; it lives until it is lost, closed or cancelled, and is not used again.

    Parameters
    ----------
    slot
        Number of the `Conn` that it serves; its successor has the same.
    given_up
        Topics that cost no further socket, see `Watchdog`.
    leading
        False for a successor until it takes over: what it lacks the former socket may still deliver.
    """

    def __init__(self, wire: Wire, slot: int, conn: Conn, given_up: frozenset[Key], *, leading: bool) -> None:
        self._wire, self._slot, self._conn = wire, slot, conn
        self._asked = Subscriptions(conn.frames)
        self._outbox: asyncio.Queue[int | bytes] = asyncio.Queue()
        self._renewed: dict[Key, float] = {}
        self._end: asyncio.Future[Loss] = asyncio.get_running_loop().create_future()
        self.watch = Watchdog(conn.expect, conn.ping, wire.clock.monotonic(), given_up)
        self._intake = Intake(wire, slot, Topics(conn.expect), self.watch, self._control, self._end)
        self.opened = False
        self.leading = leading
        self.notice = asyncio.Event()
        self.on_tick: Callable[[float], None] = _nothing

    async def run(self) -> Loss:
        """Open, serve and close; the reason for which it ended."""
        url = self._wire.base.rstrip("/") + self._conn.url
        opening = self._wire.session.ws_connect(
            url,
            headers=self._conn.headers,
            compress=0,
            autoping=True,
            max_msg_size=MAX_FRAME,
            decode_text=False,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S),
        )
        try:
            ws = await limited(self._wire.clock, HANDSHAKE_S, opening)
        except (aiohttp.ClientError, OSError) as error:
            return of_connect(error, self._wire.clock.wall_ns())
        self.opened = True
        self._note_opened()
        try:
            async with asyncio.TaskGroup() as group:
                parts = (self._read(ws), self._send(ws), self._ping(ws), self._watch())
                tasks = [group.create_task(self._guarded(part)) for part in parts]
                loss = await self._end
                for task in tasks:
                    task.cancel()
        finally:
            self._intake.flush()
            self._note_closed()
            await ws.close(code=aiohttp.WSCloseCode.OK)
        return loss

    def _note_opened(self) -> None:
        if self._wire.tap is not None:
            channels = {LIQUIDATION if one.max_silence_s is None else one.channel for one in self._conn.expect}
            at = self._wire.clock.wall_ns()
            self._wire.tap.opened(self._intake.connection, at, self._conn.url, sorted(channels))

    def _note_closed(self) -> None:
        if self._wire.tap is not None:
            reason = self._end.result().detail if self._end.done() and not self._end.cancelled() else "stopped"
            self._wire.tap.closed(self._intake.connection, self._wire.clock.wall_ns(), reason)

    def close(self) -> None:
        """End it: its successor delivers."""
        self._lost("rotated", "replaced")

    def _lost(self, label: str, detail: str, keys: tuple[Key, ...] = ()) -> None:
        if not self._end.done():
            self._end.set_result(Loss(label, detail, keys=keys))

    async def _guarded(self, part: Coroutine[Any, Any, None]) -> None:
        try:
            await part
        except (aiohttp.ClientError, OSError) as error:
            self._lost("lost", type(error).__name__)

    async def _read(self, ws: aiohttp.ClientWebSocketResponse[bool]) -> None:
        queue, arrived = self._wire.queue, self._intake.arrived
        while True:
            if not queue.open:
                await queue.room()
            message = await ws.receive()
            if message.type is TEXT or message.type is BINARY:
                arrived(message.data)
            elif ws.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                return self._lost("too_large", f"a frame above {MAX_FRAME} bytes")
            else:
                return self._lost("lost", f"closed with code {ws.close_code}")

    def _control(self, control: Control, now: float) -> None:
        if control.kind in {"ack", "nack"}:
            self._asked.answered(control)
        elif control.kind == "notice":
            self.notice.set()
        elif control.kind == "book_invalid" and control.channel is not None:
            key = (control.channel, control.symbol)
            if now - self._renewed.get(key, now - 2 * RENEW_S) > RENEW_S:
                self._renew([key], now)

    def _renew(self, keys: list[Key], now: float) -> None:
        frames = self._asked.renew(keys)
        for frame in frames:
            self._outbox.put_nowait(frame)
        self._wire.counts["renewals"] += bool(frames)
        self._renewed.update(dict.fromkeys(keys, now))

    async def _send(self, ws: aiohttp.ClientWebSocketResponse[bool]) -> None:
        clock = self._wire.clock
        pace = Pacer(clock, self._wire.limits.frames_s)
        for number in range(len(self._conn.frames)):
            self._outbox.put_nowait(number)
        while True:
            asked = await self._outbox.get()
            await pace.turn()
            frame = self._asked.frame(asked) if isinstance(asked, int) else asked
            await ws.send_str(self._stamped(frame))
            if isinstance(asked, int):
                self._asked.sent(asked, clock.monotonic())

    def _stamped(self, frame: bytes) -> str:
        return frame.replace(STAMP, b'"time":%d' % (self._wire.clock.wall_ns() // 1_000_000_000)).decode()

    async def _ping(self, ws: aiohttp.ClientWebSocketResponse[bool]) -> None:
        ping = self._conn.ping
        while True:
            await self._wire.clock.sleep(ping.period_s)
            if ping.payload is None:
                await ws.ping()
            else:
                await ws.send_str(self._stamped(ping.payload))

    async def _watch(self) -> None:
        clock = self._wire.clock
        while True:
            due = clock.monotonic() + TICK_S
            await clock.sleep(TICK_S)
            now, ts = clock.monotonic(), clock.wall_ns()
            late = now - due if now - due > STALL_S else 0.0
            self._wire.counts["stalls"] += late > 0.0
            if late or self._wire.queue.full:
                self.watch.stalled(late + TICK_S)
                continue  # the silence was ours; frames that came meanwhile are read first
            self._judge(now, ts)
            self._settle_subscriptions(now, ts)
            self.on_tick(now)

    def _judge(self, now: float, ts: int) -> None:
        found = self.watch.check(now)
        for key in found.fresh:
            self._wire.feeds.alive(self._slot, key, ts)
        for key in found.stale:
            self.silent(key, "stale", "silent", "no data")
        if found.resubscribe:
            self._renew(found.resubscribe, now)
        if found.reconnect:
            self._lost("silent", f"no data of {found.reconnect[0][0]}", tuple(found.reconnect))

    def _settle_subscriptions(self, now: float, ts: int) -> None:
        again, refusals = self._asked.due(now)
        for number in again:
            self._outbox.put_nowait(number)
        self._wire.counts["nacks"] += len(refusals)
        fresh = set(self.watch.fresh) if refusals else set()
        for refusal in refusals if self.leading else ():
            for one in self._conn.expect:
                key = (one.channel, one.symbol)
                if covers(refusal.frame, key) and key not in fresh:  # data say more than an acknowledgement
                    self._wire.feeds.refused((one.channel, one.symbol), ts, refusal.reason)

    def silent(self, key: Key, state: FeedState, label: str, detail: str) -> None:
        """Say that a topic does not deliver, since when it last did."""
        if not self.leading:
            return
        clock = self._wire.clock
        ts = clock.wall_ns()
        since = ts - int(self.watch.proven(key, clock.monotonic()) * 1e9)
        self._wire.feeds.lost(self._slot, key, ts, since, state, label, detail)


def _nothing(now: float) -> None:
    """Do nothing on a tick."""
