"""What is wrong, in words, and what to type: settings, disk, clock, every venue, the store's feeds."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from statistics import median
from typing import Final, Literal

import aiohttp
import msgspec

from clri.app.assemble import build_mapper
from clri.app.live import enabled, place
from clri.app.settings import Settings
from clri.app.storage import store_path
from clri.collect.transport.clock import SystemClock
from clri.collect.transport.fetch import fetch
from clri.collect.transport.limits import LIMITS
from clri.collect.transport.refusal import Loss
from clri.collect.transport.topics import broken
from clri.model.errors import ClriError
from clri.model.health import BAD
from clri.model.names import EXCHANGES, Venue
from clri.stores.sqlite_reader import SqliteReader

FREE_LEAST: Final = 1_000_000_000
SKEW_MOST_S: Final = 5.0
"""A venue's Date header has whole seconds, and the reply takes its way."""
AGREE: Final = 3
AGREE_S: Final = 2.0
STALE_S: Final = 180
WELL: Final = frozenset({"up", "quiet", "disabled", "unsupported"})
"""States of a feed that are as they should be; liquidations are quiet for minutes on a calm day."""
EXIT: Final = {"storage": 5, "network": 4, "clock": 3, "feeds": 3, "kernels": 3}

State = Literal["ok", "warn", "fail"]


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: where, what was found, and what to type if something is to be done."""

    area: str
    name: str
    state: State
    found: str
    advice: str = ""


async def examine(settings: Settings, venues: Sequence[Venue] | None = None) -> list[Finding]:
    """Look at everything; takes as long as the slowest venue, at most ten seconds or so."""
    found = [*storage(settings), kernels()]
    asked = tuple(venues) if venues else enabled(settings)
    answers = await asyncio.gather(*(_venue(settings, venue) for venue in asked))
    found += [finding for finding, _ in answers]
    if len(answers) > 1 and all(finding.state == "fail" for finding, _ in answers):
        found.append(Finding("network", "network", "fail", "no venue can be reached", "Is this machine online?"))
    found.append(clock([skew for _, skew in answers if skew is not None]))
    return found + feeds(settings)


def exit_code(found: Sequence[Finding]) -> int:
    """Code of the worst area: storage, then network, then the rest; 0 if nothing failed.

    A venue that is missing while another answers is degraded (3), not unreachable (4).
    """
    answering = any(finding.area == "network" and finding.state != "fail" for finding in found)
    codes = EXIT | {"network": EXIT["feeds"]} if answering else EXIT
    return max((codes[finding.area] for finding in found if finding.state == "fail"), default=0)


def storage(settings: Settings) -> list[Finding]:
    """Folder and store."""
    folder = settings.general.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".clri-doctor"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        advice = "Name a folder that can be written: CLRI_GENERAL__DATA_DIR=/path"
        return [Finding("storage", "data folder", "fail", f"{folder} cannot be written: {error.strerror}", advice)]
    free = shutil.disk_usage(folder).free
    state: State = "ok" if free >= FREE_LEAST else "warn"
    advice = "" if state == "ok" else "Make room, or shorten storage.retention: clri config show --origin"
    return [Finding("storage", "data folder", state, f"{folder}, {free / 1e9:.1f} GB free", advice), _store(settings)]


def _store(settings: Settings) -> Finding:
    path = settings.storage.path or store_path(settings.general.data_dir, "live")
    if not path.exists():
        return Finding("storage", "live store", "warn", f"none yet at {path}", "Begin to collect: clri up")
    try:
        with SqliteReader(path) as told:
            market = told.latest_market()
    except ClriError as error:
        return Finding(
            "storage", "live store", "fail", str(error), error.hint or "Move the file away: clri up makes a new one"
        )
    if market is None:
        return Finding("storage", "live store", "warn", f"{path} holds no reading yet", "Begin to collect: clri up")
    age = time.time() - market.ts / 1e9
    if age > STALE_S:
        return Finding(
            "storage", "live store", "warn", f"newest reading is {_span(age)} old", "Begin to collect: clri up"
        )
    return Finding("storage", "live store", "ok", f"newest reading is {age:.0f} s old, quality {market.quality}")


def kernels() -> Finding:
    """Where compiled code is kept."""
    from clri.maths.kernel import cache_state

    state = cache_state()
    if state.warning:
        return Finding("kernels", "compiled code", "warn", state.warning, "Name a folder: CLRI_CACHE__DIR=/path")
    return Finding("kernels", "compiled code", "ok", f"{state.mode} cache {state.folder or ''}".strip())


async def _venue(settings: Settings, venue: Venue) -> tuple[Finding, float | None]:
    """One call to a venue, and how far its clock is ahead of ours in seconds."""
    there = place(settings, venue)
    mapper = build_mapper(venue)
    poll = mapper.lists()[0]
    async with aiohttp.ClientSession(proxy=there.proxy) as session:
        began = time.monotonic()
        reply = await fetch(session, there.rest, poll, there.headers, SystemClock())
        took = time.monotonic() - began
    name = f"{venue} REST"
    again = f"Ask again later: clri doctor --exchange {venue}"
    loss = reply.loss
    if loss is None:
        mapper.reply(poll.asked, reply.body, reply.recv_ns)
        if not broken(mapper.tally, reply.body):
            skew = _skew(reply.headers.get("Date"), took)
            return Finding("network", name, "ok", f"answers in {took * 1000:.0f} ms"), skew
        loss = Loss("content", f"no list of its own form: {reply.body[:60]!r}")
    if loss.label in {"geo_blocked", "blocked"}:
        words = f"refuses this network location ({loss.detail})"
        advice = f"Collect without it: CLRI_COLLECT__VENUE__{venue.upper()}__ENABLED=false clri up"
        return Finding("network", name, "fail", words, advice), None
    if loss.state == "rate_limited":
        words = (
            f"asks us to wait ({loss.detail}; its limit is {LIMITS[venue].weight:g} in {LIMITS[venue].window_s:g} s)"
        )
        return Finding("network", name, "warn", words, again), None
    if loss.label == "content":
        words = f"something else answers in its place ({loss.detail}): a login page or a proxy?"
        return Finding(
            "network", name, "fail", words, "Open the network's login page in a browser, then: clri doctor"
        ), None
    return Finding(
        "network", name, "fail", f"cannot be reached ({loss.detail})", f"Look at the network and its proxy. {again}"
    ), None


def _skew(date: str | None, took_s: float) -> float | None:
    if date is None:
        return None
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return None
    told = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return told + 0.5 - (time.time() - took_s / 2.0)


def clock(skews: Sequence[float]) -> Finding:
    """Our clock against those of the venues: wrong only if they agree against us."""
    if not skews:
        return Finding("clock", "own clock", "warn", "no venue told its time", "Look at it: date -u")
    off = median(skews)
    agree = sum(abs(skew - off) <= AGREE_S for skew in skews)
    if abs(off) > SKEW_MOST_S:
        words = f"{_span(abs(off))} {'behind' if off > 0 else 'ahead of'} {_venues(agree)}"
        if agree >= min(AGREE, max(2, len(skews))):
            return Finding("clock", "own clock", "fail", words, "Set it: timedatectl set-ntp true")
        return Finding("clock", "own clock", "warn", f"{words}, which is no proof", "Compare it: date -u")
    return Finding("clock", "own clock", "ok", f"within {max(1.0, abs(off)):.0f} s of {_venues(len(skews))}")


def _venues(count: int) -> str:
    return "1 venue" if count == 1 else f"{count} venues"


def feeds(settings: Settings) -> list[Finding]:
    """Feeds as the live store last knew them."""
    path: Path = settings.storage.path or store_path(settings.general.data_dir, "live")
    if not path.exists():
        return []
    try:
        with SqliteReader(path) as told:
            rows = told.health()
    except ClriError:
        return []
    if not rows:
        return []
    age = time.time() - max(row.ts for row in rows) / 1e9
    if age > STALE_S:
        words = f"last looked at {_span(age)} ago: the collector does not run"
        return [Finding("feeds", "feeds", "warn", words, "Begin to collect: clri up")]
    bad = [row for row in rows if row.state not in WELL]
    if not bad:
        return [Finding("feeds", "feeds", "ok", f"{len(rows)} feeds, all deliver")]
    return [
        Finding(
            *("feeds", f"{row.venue} {row.channel}{f' {row.symbol}' if row.symbol else ''}"),
            "fail" if row.state in BAD else "warn",
            f"{row.state}: {row.detail or row.code or 'no reason told'}{f'; {row.effect}' if row.effect else ''}",
            f"See why: clri doctor --exchange {row.venue}" if row.venue in EXCHANGES else "",
        )
        for row in bad
    ]


def _span(seconds: float) -> str:
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {word}"
    return f"{seconds:.0f} s"
