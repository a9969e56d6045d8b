"""What a replay needs, put together: source, pipeline, store, and a memory of the last hours for the live table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from clri.app.arguments import symbol_of
from clri.app.assemble import build_pipeline, build_tier
from clri.app.recording import contents
from clri.app.settings import Settings
from clri.app.storage import store_path
from clri.collect.sources import open_source
from clri.collect.tally import Tally
from clri.engine.pipeline import MarketPipeline
from clri.model.cascade import CascadeUpdate
from clri.model.errors import InputError, StoreError
from clri.model.names import Mode, Venue
from clri.model.timebase import HOUR
from clri.ports import FactSource, Store
from clri.stores.faults import faults
from clri.stores.lock import WriterLock
from clri.stores.memory import MemoryStore
from clri.stores.sqlite import SqliteStore

SHOWN_CASCADES = 5


class TalliedSource(FactSource, Protocol):
    """A source that counts what became of its frames."""

    def tallies(self) -> Mapping[Venue, Tally]:
        """What became of the frames read so far, by venue."""


class Planned(msgspec.Struct, frozen=True):
    """A replay ready to run."""

    source: TalliedSource
    pipeline: MarketPipeline
    store: Store
    recent: MemoryStore
    path: Path
    detail: str

    def cascades_until(self, now: int) -> list[CascadeUpdate]:
        """Newest cascades of the last hours before `now` (ns), active ones first."""
        found = self.recent.cascades(None, now - 6 * HOUR, now + 1)
        return sorted(found, key=lambda c: (c.state != "active", -c.started_at))[:SHOWN_CASCADES]


def plan(
    settings: Settings,
    files: Sequence[Path],
    *,
    simulated: bool,
    venue: str | None,
    symbols: str | None,
    store: Path | None,
) -> Planned:
    """Put a replay together.

    Parameters
    ----------
    settings
        In force.
    files
        Frame files or capture folders; ignored for the simulated event.
    simulated
        Replay the simulated event, with its history.
    venue
        Venue of lines that do not name theirs.
    symbols
        Symbols to track, comma-separated; those of the settings that occur by default.
    store
        File to write, None = the mode's own in the data folder, begun anew.
    """
    mode: Mode = "replay-simulated" if simulated else "replay-recorded"
    named = list(dict.fromkeys(symbol_of(text) for text in symbols.split(","))) if symbols else None
    if simulated:
        source, pipeline, detail = _simulated(settings, named)
    else:
        if pipes := [path for path in files if path.exists() and not (path.is_file() or path.is_dir())]:
            raise InputError(f"{pipes[0]} is no file; a replay reads its recording twice, so save it first")
        source = open_source(files, venue)
        held = contents(source.facts(), settings.general.symbols, named)
        pipeline = build_pipeline(held.symbols, mode, held.venues, settings=settings)
        detail = source.describe()
    path = store or settings.storage.path or store_path(settings.general.data_dir, mode)
    if path.is_dir():
        raise StoreError(f"{path} is a folder; expected the file of a store", code="CLRI-STORE-001")
    if store is None and settings.storage.path is None:
        _begin_anew(path)
    return Planned(
        source, pipeline, SqliteStore(path, mode, settings.storage.days), MemoryStore(mode, minutes=360), path, detail
    )


def _begin_anew(path: Path) -> None:
    """Remove what an earlier replay left; that of a replay which still runs is refused, not pulled from under it.

    Raises
    ------
    StoreError
        If another process writes to it, or the folder cannot be written.
    """
    with faults(path, "open"):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(path)
        try:
            for old in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                old.unlink(missing_ok=True)
        finally:
            lock.release()


def _simulated(settings: Settings, named: Sequence[str] | None) -> tuple[TalliedSource, MarketPipeline, str]:
    from clri.collect.simulate.source import SimulatedEvent

    event = SimulatedEvent(settings.replay.seed)
    symbols = tuple(named or event.symbols)
    if strangers := sorted(set(symbols) - set(event.symbols)):
        raise InputError(f"the simulated event has no {', '.join(strangers)}; it has {', '.join(event.symbols)}")
    tier = build_tier(symbols, settings=settings)
    first, rows = event.history()
    lanes = [list(event.symbols).index(symbol) for symbol in symbols]
    tier.warm(tier.cadence.index(first), np.ascontiguousarray(rows[:, :, lanes]))
    pipeline = build_pipeline(symbols, "replay-simulated", settings=settings, tier=tier)
    return event, pipeline, f"seed {settings.replay.seed}"
