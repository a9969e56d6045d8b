"""Rows per second, shown and not judged: `pytest -rP tests/stores/test_speed.py`."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clri.stores.sqlite import SqliteStore
from clri.testing.builders import T0, liquidation, minute, observation, reading

SYMBOLS = [f"S{n}" for n in range(8)]
KINDS: dict[str, Callable[[], list]] = {
    "observations": lambda: [observation(ts=minute(n), symbol=s) for n in range(500) for s in SYMBOLS],
    "readings": lambda: [reading(ts=minute(n), symbol=s) for n in range(250) for s in SYMBOLS],
    "liquidations": lambda: [liquidation(ts=T0 + n * 1_000_000, symbol=SYMBOLS[n % 8]) for n in range(10_000)],
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_per_second(tmp_path: Path, kind: str):
    rows = KINDS[kind]()
    with SqliteStore(tmp_path / "clri.db", "live") as store:
        start = time.perf_counter()
        store.write(rows)
        written = time.perf_counter()
        store.flush()
        end = time.perf_counter()
        found = [item for s in SYMBOLS for item in getattr(store, kind)(s, 0, 2**62)]
        read = time.perf_counter()
    taken, flushed = 1e6 * (written - start) / len(rows), 1e6 * (end - written) / len(rows)
    sys.stdout.write(
        f"{kind}: {len(rows) / (end - start):,.0f} rows/s a batch (write {taken:.1f}, flush {flushed:.1f} us a row),"
        f" {len(found) / (read - end):,.0f} rows/s read\n"
    )


def test_a_minute_of_eight_symbols(tmp_path: Path):
    """One flush a second is the live rhythm: what one costs, with its fsync."""
    with SqliteStore(tmp_path / "clri.db", "live") as store:
        took = []
        for n in range(50):
            store.write(
                [
                    item
                    for s in SYMBOLS
                    for item in (observation(ts=minute(n), symbol=s), reading(ts=minute(n), symbol=s))
                ]
            )
            start = time.perf_counter()
            store.flush()
            took.append(time.perf_counter() - start)
    took.sort()
    sys.stdout.write(f"flush of 16 rows: median {1e3 * took[25]:.2f} ms, worst {1e3 * took[-1]:.2f} ms\n")
