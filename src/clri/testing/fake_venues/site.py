"""One host of one venue: its sockets and its REST calls."""

import asyncio

from aiohttp import web

from clri.collect.simulate.voice import RefusedError, VenueFrames
from clri.testing.fake_venues.damage import spoilt
from clri.testing.fake_venues.faults import DAMAGE, Fault
from clri.testing.fake_venues.host import Host
from clri.testing.fake_venues.limits import Meter
from clri.testing.fake_venues.line import Line, Shared
from clri.testing.fake_venues.protocol import Limit, encode
from clri.testing.fake_venues.protocols import PROTOCOLS


class Site(Host):
    """A host of a venue.

    Parameters
    ----------
    voice
        What the venue says.
    meter
        Counts its calls.
    prefix
        Part of the REST paths that belongs to the base URL.
    """

    def __init__(self, shared: Shared, voice: VenueFrames, meter: Meter, prefix: str = "") -> None:
        super().__init__(voice.venue, shared.faults, shared.clock)
        self._shared, self._voice, self._meter, self._prefix = shared, voice, meter, prefix
        self._protocol = PROTOCOLS[voice.venue]
        self._connects = Limit(int(meter.connects_s * 60.0), 60.0)
        self.lines: dict[int, Line] = {}

    @property
    def open(self) -> list[Line]:
        """Its connections."""
        return list(self.lines.values())

    def cut(self, fault: Fault) -> int:
        """Cut the open sockets that a fault concerns; how many."""
        found = [line for line in self.open if fault.socket in {None, line.number}]
        for line in found:
            line.cut()
        return len(found)

    async def stop(self) -> None:
        """Close everything."""
        for line in self.open:
            line.cut()
        await super().stop()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Open a socket, or answer a call."""
        if request.path in self._protocol.paths and request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._open(request)
        return await self._answer(request)

    async def _open(self, request: web.Request) -> web.StreamResponse:
        shared = self._shared
        shared.counts[f"{self.name} connects"] += 1
        if (refusal := self.refusal(request.path)) is not None:
            return refusal
        if self._connects.over(shared.clock.monotonic()):
            shared.over(self.name)
            return web.Response(status=429)
        shared.counts["sockets"] += 1
        number = shared.counts["sockets"]
        protocol = self._protocol(self._voice, request.path, request.query_string, request.headers)
        line = self.lines[number] = Line(shared, protocol, number, request)
        try:
            await line.serve()
        finally:
            del self.lines[number]
        return line.socket

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        shared, path = self._shared, request.path_qs.removeprefix(self._prefix)
        shared.counts[f"{self.name} calls"] += 1
        if (refusal := self.refusal(path)) is not None:
            return refusal
        body = await request.read()
        allowed, headers = self._meter.call(request.path, body, shared.clock.monotonic())
        if not allowed:
            shared.over(self.name)
            return web.json_response({"code": -1003, "msg": "Too many requests"}, status=429, headers=headers)
        try:
            found = self._voice.reply(request.method, path, body, shared.market.play())
        except RefusedError as error:
            return web.Response(
                body=encode(error.body), status=error.status, content_type="application/json", headers=headers
            )
        if found is None:
            shared.counts[f"{self.name} not found"] += 1
            return web.json_response({"msg": f"no path {request.path}"}, status=404, headers=headers)
        raw = encode(found)
        for fault in self.faults(path):
            if fault.kind in DAMAGE:
                raw, _ = spoilt(raw, fault.kind, self.name, fault.amount)
            elif fault.kind == "blackhole":
                await asyncio.Event().wait()
        return web.Response(body=raw, content_type="application/json", headers=headers)
