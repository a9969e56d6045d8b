"""`clri` as a process of its own beside the fake venues."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import msgspec

from clri.collect.simulate.coins import SYMBOLS
from clri.testing.fake_venues import FakeVenues

CODE = "from clri.app.cli import main; main()"


class Ended(NamedTuple):
    """How a command ended."""

    code: int | None
    out: bytes
    err: str
    took_s: float


def environment(urls: dict[str, dict], folder: Path, **more: str) -> dict[str, str]:
    """Settings that reach these venues and nothing else."""
    names = {"CLRI_GENERAL__DATA_DIR": str(folder), "CLRI_GENERAL__SYMBOLS": ",".join(SYMBOLS)}
    names["CLRI_COLLECT__DEFILLAMA__URL"] = names["CLRI_COLLECT__COINGECKO__URL"] = "http://127.0.0.1:9"
    for venue, one in urls.items():
        for key, value in one.items():
            names[f"CLRI_COLLECT__VENUE__{venue}__{key}".upper()] = value
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLRI_") or "CACHE" in name}
    return kept | names | {"PYTHONPATH": os.pathsep.join(sys.path), "NO_COLOR": "1"} | more


def urls_of(venues: FakeVenues) -> dict[str, dict]:
    return {venue: msgspec.structs.asdict(one) for venue, one in venues.urls.items()}


async def start(venues: FakeVenues, folder: Path, *words: object, **more: str) -> Process:
    """Begin a command."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CODE, *map(str, words)),
        env=environment(urls_of(venues), folder, **more),
        stdout=PIPE,
        stderr=PIPE,
    )


async def run(venues: FakeVenues, folder: Path, *words: object, **more: str) -> Ended:
    """A command to its end."""
    began = monotonic()
    child = await start(venues, folder, *words, **more)
    out, err = await child.communicate()
    return Ended(child.returncode, out, err.decode(), monotonic() - began)


async def line_with(child: Process, text: str, within_s: float = 120.0) -> list[str]:
    """Lines of its errors up to one that holds a text."""
    found: list[str] = []
    async with asyncio.timeout(within_s):
        while not found or text not in found[-1]:
            line = await child.stderr.readline()
            assert line, f"it ended: {found}"
            found.append(line.decode())
    return found


async def ended_by(child: Process, number: signal.Signals) -> Ended:
    """Signal it, and wait for its end."""
    began = monotonic()
    child.send_signal(number)
    out, err = await child.communicate()
    return Ended(child.returncode, out, err.decode(), monotonic() - began)
