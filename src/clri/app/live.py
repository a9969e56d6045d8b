"""What live collection needs, put together: venues, pipeline, store, log, capture, and a memory for the live table."""

import asyncio
import random
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

from clri.app.assemble import build_pipeline, load
from clri.app.services import Services
from clri.app.settings import Settings
from clri.app.storage import store_path
from clri.collect.crosscheck.schema import Schema
from clri.collect.crosscheck.stage import CrossCheck
from clri.collect.health import HealthBook
from clri.collect.instruments import InstrumentTable
from clri.collect.live.lists import ListFile
from clri.collect.live.recorder import Recorder, What
from clri.collect.live.venue import Place, VenueCollector, place_of
from clri.collect.mapper import VenueMapper
from clri.collect.transport.clock import SteadyClock
from clri.collect.transport.socket import Emit
from clri.collect.venues import VENUES
from clri.hosts.live import LiveHost
from clri.hosts.supervisor import Source
from clri.model.codec import Output
from clri.model.control import FeedStatus
from clri.model.errors import ClriError, ConfigError
from clri.model.facts import Fact
from clri.model.names import Venue
from clri.ports import Clock
from clri.stores.fact_log import FactLogFiles
from clri.stores.memory import MemoryStore
from clri.stores.sqlite import SqliteStore

SHOWN_MIN: Final = 360
LOG: Final = "live.log"
LISTS: Final = "instruments"
CAPTURES: Final = "capture"
GB: Final = 1_000_000_000
KEEP_S: Final = 1.0
HEALTH_TURNS: Final = 10


def version() -> str:
    """Version of the installed package; "" if it runs from a checkout."""
    try:
        return installed("clri")
    except PackageNotFoundError:
        return ""


class Live:
    """Live collection ready to run.

    Parameters
    ----------
    settings
        In force.
    store
        File to write; None = the live store of the data folder.
    clock
        The machine's, unless a test has its own.

    seed
        Of the waits; None = other ones each time.
    history
        Whether the venues are asked for their history at the start.

    Attributes
    ----------
    recent
        Memory of the last hours, for views.
    collectors, recorders
        By venue.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        store: Path | None = None,
        clock: Clock | None = None,
        on_facts: Callable[[Sequence[Fact]], None] | None = None,
        on_outputs: Callable[[Sequence[Output]], None] | None = None,
        seed: int | None = None,
        history: bool = True,
    ) -> None:
        self.settings, self._history = settings, history
        self.clock = clock or SteadyClock()
        self.venues = enabled(settings)
        data = settings.general.data_dir
        self.path = store or settings.storage.path or store_path(data, "live")
        self.store = SqliteStore(self.path, "live", settings.storage.days)
        self.recent = MemoryStore("live", minutes=SHOWN_MIN)
        self._told = on_outputs
        symbols = settings.general.symbols
        transfers = settings.collect.etherscan.api_key is not None
        pipeline = build_pipeline(symbols, "live", self.venues, settings=settings, stablecoins=transfers)
        self.check = CrossCheck(symbols)
        self.health = HealthBook(symbols, "live", self.check.clocks)
        self._heard = on_facts
        self.host = LiveHost(
            *(pipeline, self.store, self.clock),
            log=FactLogFiles(self.path.with_name(f"{self.path.stem}.{LOG}")),
            check=self.check,
            on_told=self._recorded,
            on_facts=self._facts,
            on_outputs=self._outputs,
        )
        self.resumed = self.host.resume()
        self._rng = random.Random(seed)  # noqa: S311 - spreads waits
        self.recorders: dict[Venue, Recorder] = {}
        if settings.collect.capture != "off":
            most = round(settings.collect.capture_gb * GB)
            what: What = "all" if settings.collect.capture == "all" else "events"
            for venue in self.venues:
                self.recorders[venue] = Recorder(data / CAPTURES, venue, what=what, most_bytes=most, adapter=version())
        self.collectors = {venue: self._collector(venue) for venue in self.venues}
        self._schemas = {venue: Schema(venue) for venue in self.venues}
        rng = random.Random(self._rng.random())  # noqa: S311 - spreads waits
        self.services = Services(settings, self.host.emit, rng=rng, clock=self.clock)

    def _recorded(self, told: Sequence[FeedStatus]) -> None:
        for one in told:
            if (recorder := self.recorders.get(one.venue)) is not None:
                recorder.facts((one,))

    def _emits(self, venue: Venue) -> Emit:
        """The host's intake; a recording hears the states of the venue as they are told."""
        recorder = self.recorders.get(venue)
        if recorder is None:
            return self.host.emit

        async def emit(facts: Sequence[Fact]) -> None:
            recorder.facts(facts)
            await self.host.emit(facts)

        return emit

    def _facts(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            self.health.take(fact)
        if self._heard is not None:
            self._heard(facts)

    def _outputs(self, outputs: Sequence[Output]) -> None:
        self.recent.write(outputs)
        if self._told is not None:
            self._told(outputs)

    def _collector(self, venue: Venue) -> VenueCollector:
        return collector(
            *(self.settings, venue, self._emits(venue)),
            rng=random.Random(self._rng.random()),  # noqa: S311 - spreads waits
            clock=self.clock,
            since=self.host.since.get(venue),
            file=ListFile(self.settings.general.data_dir / LISTS / f"{venue}.msgpack"),
            tap=self.recorders.get(venue),
            history=self._history,
        )

    async def run(self) -> None:
        """Serve until cancelled."""
        sources: list[Source] = [*self.collectors.values(), self.services]
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(self._keep())
                await self.host.run(sources)
                keeping.cancel()
        finally:
            self.close()

    async def _keep(self) -> None:
        """Each second: recordings on disk, and what the counters say about the venues' forms; health less often."""
        turns = 0
        while True:
            await self.clock.sleep(KEEP_S)
            now, turns = self.clock.wall_ns(), turns + 1
            if self.recorders:
                await asyncio.to_thread(self._record, now)
            for venue, one in self.collectors.items():
                said = self._schemas[venue].ask(one.tallies(), now)
                if said:
                    await self._emits(venue)(said)
            if turns % HEALTH_TURNS == 0:
                self._note_health(now)

    def _record(self, now: int) -> None:
        for venue, recorder in self.recorders.items():
            lost = recorder.lost
            recorder.flush(now)
            if recorder.lost > lost:
                self.host.trouble[f"capture of {venue}"] = f"{recorder.trouble} ({recorder.lost} records lost)"
            else:
                self.host.trouble.pop(f"capture of {venue}", None)

    def _note_health(self, now: int) -> None:
        for venue, one in self.collectors.items():
            counts, tally = one.counts(), one.tally()
            bad = sum(
                n for counter in (tally.frames, tally.rows) for name, n in counter.items() if "quarantined" in name
            )
            bad += self.check.quarantined()[venue]
            self.health.counts(venue, bad, counts.get("dropped", 0), counts.get("losses", 0))
        rows = self.health.rows(now)
        self.host.keep(rows)
        self.recent.write(rows)

    def close(self) -> None:
        """Make everything durable and release it."""
        for recorder in self.recorders.values():
            recorder.close()
        self.host.close()
        try:
            self.store.close()
        except ClriError as error:
            self.host.trouble["store"] = f"not all was written: {error}"


def enabled(settings: Settings) -> tuple[Venue, ...]:
    """Venues to collect: those of the list that are not switched off.

    Raises
    ------
    ConfigError
        If none is left.
    """
    found = tuple(venue for venue in settings.general.venues if getattr(settings.collect.venue, venue).enabled)
    if not found:
        raise ConfigError("every venue is switched off; expected at least one enabled", code="CLRI-CFG-012")
    return found


def place(settings: Settings, venue: Venue) -> Place:
    """Where a venue is reached: the adapter's addresses, or the user's."""
    own = venue_settings(venue)
    asked = getattr(settings.collect.venue, venue)
    return place_of(
        *(venue, {"ws": own.ws, "rest": own.rest, "spot": own.spot}),
        ws=asked.ws_url,
        rest=asked.rest_url,
        spot=asked.spot_rest_url,
        headers=getattr(own, "headers", ()),
        weight_limit=asked.weight_limit,
        proxy=asked.proxy,
    )


def venue_settings(venue: Venue) -> Any:  # noqa: ANN401 - each adapter has its own
    """Settings of a venue's adapter, which stand beside its mapper."""
    return load(VENUES[venue].partition(":")[0].replace(".mapper", ".settings") + ":Settings")()


def collector(settings: Settings, venue: Venue, emit: Emit, **wiring: Any) -> VenueCollector:  # noqa: ANN401 - of the collector
    """Collector of a venue as the settings want it."""
    mapper: Callable[..., VenueMapper] = partial(load(VENUES[venue]), infer=False)

    def make(table: InstrumentTable) -> VenueMapper:
        return mapper(table)

    return VenueCollector(venue, settings.general.symbols, place(settings, venue), make, emit, **wiring)
