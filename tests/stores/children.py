"""Child processes that write to a store until they are killed; they say on stdout what was acknowledged."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WRITER = """
import itertools, sys
from clri.stores.sqlite import SqliteStore
from clri.testing.builders import cascade, liquidation, minute, observation, reading
store = SqliteStore(sys.argv[1], "live")
begin = len(store.readings("BTC", 0, 2**62))
print("open", begin, flush=True)
for n in itertools.count(begin):
    store.write([observation(ts=minute(n)), reading(ts=minute(n)), liquidation(ts=minute(n), usd=2e5)])
    store.write([cascade(ts=minute(n), started_at=minute(-1), last_met_at=minute(n), event_count=n)])
    store.flush()
    print("flushed", n, flush=True)
    store.write([observation(ts=minute(n), symbol="LATER")])
"""
"""Writes minute after minute; each flush puts one row into five tables. LATER waits for the flush after it."""

HOLDER = """
import sys
from clri.stores.sqlite import SqliteStore
with SqliteStore(sys.argv[1], "live"):
    print("open", flush=True)
    sys.stdin.read()
"""
"""Holds a store until its standard input ends."""


@contextmanager
def child(code: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """A running child; killed at the end if it still runs."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> list[str]:
    """Next line that the child prints, in words."""
    assert process.stdout is not None
    return process.stdout.readline().split()
