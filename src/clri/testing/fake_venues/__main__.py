"""`python -m clri.testing.fake_venues`: the fake venues as a process of their own."""

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path

import msgspec

from clri.testing.fake_venues.server import FakeVenues


def parser() -> argparse.ArgumentParser:
    """Options of the command."""
    found = argparse.ArgumentParser(prog="python -m clri.testing.fake_venues", description="Six exchanges on 127.0.0.1")
    found.add_argument("--scenario", default="calm", help="name or TOML file of a scenario (calm)")
    found.add_argument("--seed", type=int, default=1, help="seed of the market (1)")
    found.add_argument("--port", type=int, default=0, help="port of the control host, those of the venues follow (any)")
    found.add_argument("--profile", choices=("light", "full"), default="light", help="pace of marks and books (light)")
    found.add_argument("--time-factor", type=float, default=1.0, help="seconds of the market in a second (1)")
    found.add_argument("--truth", type=Path, help="file for what was told and what was not, JSON lines")
    return found


async def serve(asked: argparse.Namespace) -> None:
    """Serve until interrupted; the first line printed is a JSON object with all URLs."""
    start = Path(asked.scenario) if asked.scenario.endswith(".toml") else asked.scenario
    venues = FakeVenues(
        start,
        seed=asked.seed,
        profile=asked.profile,
        time_factor=asked.time_factor,
        port=asked.port,
        truth=asked.truth,
    )
    async with venues:
        urls = {"control": venues.control, "venues": venues.urls, "services": venues.services}
        sys.stdout.write(msgspec.json.encode(urls).decode() + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser().parse_args()))
