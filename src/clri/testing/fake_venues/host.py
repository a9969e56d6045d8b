"""A port of 127.0.0.1 that can be opened, refused and closed."""

import socket
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Final

from aiohttp import web

from clri.testing.fake_venues.clock import WorldClock
from clri.testing.fake_venues.damage import bomb
from clri.testing.fake_venues.faults import DAMAGE, REST, WIRE, Fault, Faults

ADDRESS: Final = "127.0.0.1"
LOGIN: Final = "<html><head><title>Log in</title></head><body>Please log in to this network.</body></html>"


class Host(ABC):
    """One host; every request comes to `serve`.

    Parameters
    ----------
    name
        Word by which its faults go.
    """

    def __init__(self, name: str, faults: Faults, clock: WorldClock) -> None:
        self.name = name
        self._faults, self._clock = faults, clock
        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{tail:.*}", self.serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
        self._site: web.SockSite | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://{ADDRESS}:{self.port}"

    async def start(self, port: int) -> None:
        """Listen on a port; 0 = any."""
        await self._runner.setup()
        self.port = port
        await self.listen()

    async def listen(self) -> None:
        """Accept connections."""
        if self._site is None:
            listening = socket.create_server((ADDRESS, self.port), backlog=128)
            self.port = listening.getsockname()[1]
            self._site = web.SockSite(self._runner, listening)
            await self._site.start()

    async def refuse(self) -> None:
        """Refuse connections; those that are open stay."""
        if self._site is not None:
            site, self._site = self._site, None
            await site.stop()

    def cut(self, fault: Fault) -> int:
        """Cut the open sockets that a fault concerns; how many."""
        del fault
        return 0

    async def stop(self) -> None:
        """Close everything."""
        with suppress(OSError):
            await self._runner.cleanup()

    @abstractmethod
    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""

    def faults(self, path: str) -> list[Fault]:
        """Faults that concern a call."""
        found = self._faults.of(self.name, self._clock.monotonic(), REST | DAMAGE | WIRE)
        return [fault for fault in found if fault.call(path)]

    def refusal(self, path: str) -> web.Response | None:
        """Answer of a fault that stands for the host's own."""
        for fault in self.faults(path):
            if fault.kind == "status":
                after = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
                return web.json_response({"msg": "refused"}, status=int(fault.amount), headers=after)
            if fault.kind == "html":
                return web.Response(text=LOGIN, content_type="text/html")
            if fault.kind == "gzip_bomb":
                headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
                return web.Response(body=bomb(fault.amount), headers=headers)
        return None
