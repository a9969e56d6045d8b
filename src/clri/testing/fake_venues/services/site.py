"""The host of one data service."""

from collections import Counter

from aiohttp import web

from clri.testing.fake_venues.clock import WorldClock
from clri.testing.fake_venues.damage import spoilt
from clri.testing.fake_venues.faults import DAMAGE, Faults
from clri.testing.fake_venues.host import Host
from clri.testing.fake_venues.protocol import encode
from clri.testing.fake_venues.services.service import Call, Service


class ServiceSite(Host):
    """Answers the calls of one service, and counts them."""

    def __init__(self, service: Service, faults: Faults, clock: WorldClock, counts: Counter[str]) -> None:
        super().__init__(service.name, faults, clock)
        self._service, self._counts = service, counts

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        service, counts = self._service, self._counts
        counts[f"{self.name} calls"] += 1
        path = request.path.removeprefix(service.prefix)
        if (refusal := self.refusal(request.path)) is not None:
            return refusal
        now = self._clock.monotonic()
        if service.meter.over(now):
            counts["over limit"] += 1
            counts[f"{self.name} over limit"] += 1
            answer = service.over()
        else:
            call = Call(path, dict(request.query), request.headers, self._clock.ms(), now)
            found = service.answer(call)
            if found is None:
                counts[f"{self.name} not found"] += 1
                return web.json_response({"msg": f"no path {request.path}"}, status=404)
            answer = found
        raw = encode(answer.body)
        for fault in self.faults(request.path):
            if fault.kind in DAMAGE:
                raw, _ = spoilt(raw, fault.kind, self.name, fault.amount)
        return web.Response(
            body=raw, status=answer.status, content_type="application/json", headers=dict(answer.headers)
        )
