"""Six exchanges and four data services on 127.0.0.1, with their own words, limits and failings (VENUES 10)."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from clri.collect.simulate.voice import Profile
from clri.collect.transport.clock import Clock
from clri.model.names import Venue
from clri.model.timebase import SECOND
from clri.testing.fake_venues.burst import FIRST_NUMBER, PIECE_S, rendered, takers
from clri.testing.fake_venues.clock import WorldClock
from clri.testing.fake_venues.control import Control
from clri.testing.fake_venues.faults import Fault, Faults
from clri.testing.fake_venues.host import ADDRESS, Host
from clri.testing.fake_venues.limits import RULES, Meter
from clri.testing.fake_venues.line import Line, Shared
from clri.testing.fake_venues.market import Market, Start, open_world
from clri.testing.fake_venues.services import SERVICES
from clri.testing.fake_venues.services.site import ServiceSite
from clri.testing.fake_venues.site import Site
from clri.testing.fake_venues.truth import Truth

PREFIXES: Final = {"gate": "/api/v4"}
"""Parts of REST paths that belong to a venue's base URL."""
TICK_S: Final = 0.05


class Urls(msgspec.Struct, frozen=True):
    """Base URLs of a venue, as `collect.venue.<v>.{ws_url,rest_url,spot_rest_url}` take them."""

    ws_url: str
    rest_url: str
    spot_rest_url: str


class FakeVenues:
    """Six exchanges that tell one simulated market, and four services that tell of them.

    Parameters
    ----------
    world
        Scenario (name or TOML file), a market, or a function that makes one from its start (UTC ns).
    seed
        Of the market; the same seed, scenario and start give the same orders, and which of them are told.
    profile
        `light` = marks and books once a second; `full` = the real pace.
    time_factor
        Seconds of the market in a second, 1 to 1000. Hand `clock` to what collects, so that both agree.
    port
        Port of the control host; those of the venues and services follow. 0 = any.
    truth
        File for the rows of `truth`, JSON lines.
    clock
        What really passes; default the machine's clock.

    Attributes
    ----------
    urls
        Base URLs by venue.
    services
        Base URL by data service.
    control
        URL of the host that takes `POST /fault` and tells the truth to other processes.
    clock
        Time of the market, which starts at that of the parameter `clock`.
    truth
        Which liquidations were told, to whom, and which were not, and why.
    counts
        Calls, sockets, frames and whatever passed a limit, by venue (`okx calls`) and in all (`over limit`).

    Examples
    --------
    ::

        async with FakeVenues("calm", seed=1) as venues:
            base = venues.urls["okx"].ws_url
            venues.fault("reset", venue="okx")
    """

    clock: WorldClock
    truth: Truth
    market: Market
    control: str

    def __init__(
        self,
        world: Start = "calm",
        *,
        seed: int = 1,
        profile: Profile = "light",
        time_factor: float = 1.0,
        port: int = 0,
        truth: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._world, self._seed, self._profile = world, seed, profile
        self._factor, self._base, self._port = time_factor, clock, port
        self._faults = Faults()
        self._truth_path = truth
        self._burst = FIRST_NUMBER
        self.counts: Counter[str] = Counter()
        self.urls: dict[Venue, Urls] = {}
        self.services: dict[Venue, str] = {}
        self._hosts: list[Host] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        self.clock = WorldClock(self._factor, self._base)
        start = self.clock.wall_ns() // SECOND * SECOND
        world, past = open_world(self._world, self._seed, start)
        self.truth = Truth(self._truth_path)
        self._stack.callback(self.truth.close)
        self.market = Market(world, past, self.clock, self.truth, self._profile)
        if self.market.tape.start != start:  # a market that was made before: its time, not ours
            self.clock.set(self.market.tape.start)
        shared = Shared(self.market, self.clock, self._faults, self.truth, self.counts)
        self.control = await self._listen(Control(self._calls(), self.clock))
        for venue, voice in self.market.voices.items():
            prefix = PREFIXES.get(venue, "")
            http = await self._listen(Site(shared, voice, Meter(RULES[venue]), prefix))
            spot = http
            if venue == "binance":  # spot is another host there, with limits of its own
                spot = await self._listen(Site(shared, voice, Meter(RULES[venue])))
            self.urls[venue] = Urls(http.replace("http", "ws"), http + prefix, spot + prefix)
        for kind in SERVICES:
            service = kind(self._seed, self.market.voices)
            url = await self._listen(ServiceSite(service, self._faults, self.clock, self.counts))
            self.services[service.name] = url + service.prefix
        task = asyncio.create_task(self._run())
        self._stack.push_async_callback(_ended, task)

    async def _listen(self, host: Host) -> str:
        await host.start(self._port)
        if self._port:
            self._port += 1
        self._stack.push_async_callback(host.stop)
        self._hosts.append(host)
        return f"http://{ADDRESS}:{host.port}"

    async def _run(self) -> None:
        """Play the market even when nobody listens, and keep the faults of whole hosts."""
        while True:
            self.market.play()
            now = self.clock.monotonic()
            for venue, voice in self.market.voices.items():
                voice.view.lens = self._faults.lens(venue, now)
            for host in self._hosts:
                out = self.market.out(host.name)
                if out:  # an outage of the scenario: what is open is cut, nothing new is let in
                    host.cut(Fault("reset"))
                refused = out or any(fault.kind == "refuse" for fault in self._faults.of(host.name, now))
                await (host.refuse() if refused and host.name != "control" else host.listen())
            await self.clock.base.sleep(TICK_S)

    # ------------------------------------------------------------ what goes wrong
    def fault(self, kind: str, **names: Any) -> Fault:  # noqa: ANN401 - the fields of Fault
        """Let something go wrong from now on; it begins within 50 ms.

        Parameters
        ----------
        kind
            One of `faults.KINDS`.
        names
            Fields of `Fault`.

        Returns
        -------
        Fault
            As it was understood.

        Raises
        ------
        ValueError
            If kind, share or a name is none that is known.
        """
        try:
            fault = msgspec.convert({"kind": kind, **names}, Fault)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        if fault.kind == "reset":
            for host in self._hosts:
                if fault.venue in {None, host.name}:
                    self.counts["reset"] += host.cut(fault)
        else:
            self._faults.add(fault, self.clock.monotonic())
        return fault

    def clear(self, kind: str | None = None) -> None:
        """Let all be well again, or all faults of a kind end."""
        self._faults.clear(kind)

    async def burst(self, venue: Venue, frames_per_s: float, seconds: float) -> int:
        """Send frames of one liquidation each to all that follow a venue's liquidations, as fast as is asked for.

        They are rendered before the first leaves. Truth holds each of them; their numbers start at 2^40.

        Parameters
        ----------
        frames_per_s
            Frames to each connection in a second of the machine.
        seconds
            Seconds of the machine.

        Returns
        -------
        int
            Frames made.
        """
        voice, count = self.market.voices[venue], int(frames_per_s * seconds)
        frames = rendered(voice, count, self.market.play(), self._burst)
        self._burst += count
        base, sent = self.clock.base, 0
        since = base.monotonic()
        while sent < count:
            due = min(count, int((base.monotonic() - since) * frames_per_s) + 1)
            for told, raw in frames[sent:due]:
                for line in takers(self.lines(venue), voice, told):
                    line.ready(raw, told)
            sent = due
            await base.sleep(PIECE_S)
        return count

    # ------------------------------------------------------------ who is there
    def lines(self, venue: Venue) -> list[Line]:
        """Open connections of a venue."""
        return [line for host in self._hosts if isinstance(host, Site) and host.name == venue for line in host.open]

    def _calls(self) -> Mapping[tuple[str, str], Any]:
        return {
            ("GET", "/urls"): lambda _: {"venues": self.urls, "services": self.services},
            ("GET", "/counts"): lambda _: dict(self.counts),
            ("GET", "/truth"): lambda _: self.truth.sent,
            ("GET", "/unsent"): lambda _: self.truth.unsent,
            ("POST", "/fault"): lambda names: self.fault(**names),
            ("POST", "/clear"): lambda names: self.clear(**names),
        }


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    found = (await asyncio.gather(task, return_exceptions=True))[0]
    if isinstance(found, Exception):
        raise found
