"""The host by which another process steers the fake venues and reads their truth."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from clri.testing.fake_venues.clock import WorldClock
from clri.testing.fake_venues.faults import Faults
from clri.testing.fake_venues.host import Host

Calls = Mapping[tuple[str, str], Callable[[dict[str, Any]], Any]]


class Control(Host):
    """`GET /urls /counts /truth /unsent`; `POST /fault` (fields of `Fault`), `/clear` (`kind`, or nothing).

    Parameters
    ----------
    calls
        What is done, by method and path; takes the body's fields, gives what is answered.
    """

    def __init__(self, calls: Calls, clock: WorldClock) -> None:
        super().__init__("control", Faults(), clock)
        self._calls = calls

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; what cannot be done is a 400 that says why."""
        call = self._calls.get((request.method, request.path))
        if call is None:
            known = ", ".join(f"{method} {path}" for method, path in self._calls)
            return web.json_response({"error": f"no {request.method} {request.path}; there are {known}"}, status=404)
        body = await request.read()
        try:
            names = msgspec.json.decode(body, type=dict[str, Any]) if body else {}
            found = call(names)
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")
