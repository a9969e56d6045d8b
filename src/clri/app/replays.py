"""What a replay needs, put together: source, pipeline, store, and a memory of the last hours for the live table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from clri.app.arguments import symbol_of
from clri.app.assemble import build_pipeline, build_tier
from clri.app.pacing import PacedSource, TalliedSource
from clri.app.recording import contents
from clri.app.settings import Settings
from clri.app.storage import store_path
from clri.collect.crosscheck.stage import CrossCheck
from clri.collect.simulate.source import SimulatedEvent
from clri.collect.sources import open_source
from clri.detectors.cascade import CascadeDetector
from clri.engine.pipeline import MarketPipeline
from clri.hosts.check import Check
from clri.model.cascade import CascadeUpdate
from clri.model.errors import InputError, StoreError
from clri.model.names import Mode
from clri.model.observation import NUMBERS
from clri.model.timebase import HOUR, MINUTE
from clri.ports import Store
from clri.stores.faults import faults
from clri.stores.lock import WriterLock
from clri.stores.memory import MemoryStore
from clri.stores.sqlite import SqliteStore

SHOWN_CASCADES: Final = 5
SLOW_SPEED: Final = 10.0
"""Pace at which a demonstration's slow parts can be followed."""


class Planned(msgspec.Struct, frozen=True):
    """A replay ready to run."""

    source: TalliedSource
    pipeline: MarketPipeline
    store: Store
    recent: MemoryStore
    path: Path
    detail: str
    check: Check | None = None

    def cascades_until(self, now: int) -> list[CascadeUpdate]:
        """Newest cascades of the last hours before `now` (ns), active ones first."""
        found = self.recent.cascades(None, now - 6 * HOUR, now + 1)
        return sorted(found, key=lambda c: (c.state != "active", -c.started_at))[:SHOWN_CASCADES]


def plan(
    settings: Settings, files: Sequence[Path], *, venue: str | None, symbols: str | None, store: Path | None
) -> Planned:
    """Put the replay of a recording together.

    Parameters
    ----------
    settings
        In force.
    files
        Frame files or capture folders. What the venues told of the time before is taken first, and captured frames
        pass the checks between venues, so that a capture scores as the live run did.
    venue
        Venue of lines that do not name theirs.
    symbols
        Symbols to track, comma-separated; those of the settings that occur by default.
    store
        File to write, None = the mode's own in the data folder, begun anew.
    """
    mode: Mode = "replay-recorded"
    named = list(dict.fromkeys(symbol_of(text) for text in symbols.split(","))) if symbols else None
    if pipes := [path for path in files if path.exists() and not (path.is_file() or path.is_dir())]:
        raise InputError(f"{pipes[0]} is no file; a replay reads its recording twice, so save it first")
    source = open_source(files, venue)
    held = contents(source.facts(), settings.general.symbols, named)
    pipeline = build_pipeline(held.symbols, mode, held.venues, settings=settings)
    pipeline.backfill(held.history, 0, held.start // MINUTE * MINUTE)
    check = CrossCheck(held.symbols) if all(not path.is_file() or ".clrf." in path.name for path in files) else None
    path = store or settings.storage.path or store_path(settings.general.data_dir, mode)
    _check(path)
    if store is None and settings.storage.path is None:
        _begin_anew(path)
    planned = _planned(settings, source, pipeline, mode, path, source.describe())
    return msgspec.structs.replace(planned, check=check)


def plan_demo(settings: Settings, event: SimulatedEvent, *, paced: bool, store: Path) -> Planned:
    """Put a demonstration together: the event's history is taken before the first fact.

    Parameters
    ----------
    settings
        In force; its speed counts, 10 at most where the event is to be shown slowly.
    event
        What is shown.
    paced
        False: flat out, whatever the settings say.
    store
        File to write.
    """
    _check(store)
    tier = build_tier(event.symbols, settings=settings)
    pipeline = build_pipeline(event.symbols, "replay-simulated", settings=settings, tier=tier)
    longs, shorts = NUMBERS.index("liq_long_usd"), NUMBERS.index("liq_short_usd")
    for first, rows in event.history():
        tier.warm(tier.cadence.index(first), rows)
        for lane, symbol in enumerate(event.symbols):
            detector = pipeline.symbols[symbol].operators.get("cascade")
            if isinstance(detector, CascadeDetector):
                detector.warm(first, (rows[longs, :, lane] + rows[shorts, :, lane]).tolist())
    slow = [
        (event.start + label.start * MINUTE, event.start + label.end * MINUTE) for label in event.labels if label.slow
    ]
    speed = settings.replay.speed

    def pace(ts: int) -> float:
        return min(speed, SLOW_SPEED) if any(start <= ts < end for start, end in slow) else speed

    source: TalliedSource = PacedSource(event, pace) if paced and speed > 0.0 else event
    return _planned(settings, source, pipeline, event.mode, store, f"seed {event.seed}")


def _planned(
    settings: Settings, source: TalliedSource, pipeline: MarketPipeline, mode: Mode, path: Path, detail: str
) -> Planned:
    kept = SqliteStore(path, mode, settings.storage.days)
    return Planned(source, pipeline, kept, MemoryStore(mode, minutes=360), path, detail)


def _check(path: Path) -> None:
    """Refuse a folder before any work is done."""
    if path.is_dir():
        raise StoreError(f"{path} is a folder; expected the file of a store", code="CLRI-STORE-001")


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
