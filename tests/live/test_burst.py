"""Twenty thousand frames a second: nothing is lost, memory stays bounded; ccxt.pro loses most of the same burst."""

import sys
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.bursts.talk import Child
from clri.collect.transport.queue import LATEST, MAX_BYTES
from tests.live.running import stored

PER_S = 24_000.0
LEAST_PER_S = 20_000.0
STARVED_PER_S = 5_000.0
"""What even a busy machine sends; the pace that was reached is printed, and nothing may be lost at any."""
GROWTH = 50_000_000
PIECE_MS = 5
"""Time between two writes to a socket."""
VENUES = ("binance", "bybit", "okx")
NO_CCXT = "the extra clri[ccxt] is not installed"


def key(row: Sequence) -> tuple:
    """Venue, symbol, side, price, size, venue's time (ms)."""
    venue, symbol, side, price, qty, at_ms = row[:6]
    return venue, symbol, side, round(price, 9), round(qty, 9), at_ms


def received(
    contender: Child, per_s: float, seconds: float, share: float, *, keep: bool, piece_ms: int = PIECE_MS
) -> tuple[dict, dict]:
    """What the server says of a burst, and what the contender says."""
    with Child("benchmarks.bursts.server") as server:
        urls = {venue: one for venue, one in server.ask("urls").items() if venue in VENUES}
        contender.ask("open", urls=urls)
        contender.ask("begin", keep=keep)
        asked = {"venues": VENUES, "per_s": per_s, "seconds": seconds, "share": share, "piece_ms": piece_ms}
        sent = server.ask("burst", lines=server.ask("lines"), **asked)
        return sent, contender.ask("end")


def shown(capsys, name: str, sent: dict, found: dict) -> float:
    """Frames a second; the figures are printed."""
    frames = sum(sent["frames"].values())
    pace = frames / sent["wall_s"]
    at = {key(row): row[6] for row in sent["rows"]}
    delays = sorted((row[6] - at[key(row)]) / 1e6 for row in found["rows"] if key(row) in at)
    late = f", delay p99 {delays[len(delays) * 99 // 100]:.1f} ms" if delays else ""
    used, grown = found["cpu_s"] / frames * 1e6, found["grown"] / 1e6
    with capsys.disabled():
        line = (
            f"{frames} frames at {pace:,.0f}/s, {used:.1f} us each, +{grown:.0f} MB{late}, dropped {found['dropped']}"
        )
        sys.stdout.write(f"\n{name}: {line}\n")
    return pace


@pytest.mark.timeout(300)
@pytest.mark.parametrize("through", ["facts", "slow"])
def test_a_burst_becomes_facts_in_bounded_memory(through: str, capsys) -> None:
    with Child("benchmarks.bursts.ours", through) as ours:
        sent, found = received(ours, PER_S, 3.0, 0.3, keep=True)
    assert shown(capsys, through, sent, found) >= STARVED_PER_S
    want, have = Counter(map(key, sent["rows"])), Counter(map(key, found["rows"]))
    assert len(want) == pytest.approx(PER_S * 3.0 * 0.3, abs=1)
    assert want - have == Counter()
    assert max(have.values()) == 1
    assert found["grown"] < GROWTH
    names = {kind.__name__ for kind in LATEST}
    assert bool(found["dropped"]) == (through == "slow")
    assert set(found["dropped"]) <= names


@pytest.mark.timeout(300)
def test_a_burst_is_stored_whole(tmp_path: Path, capsys) -> None:
    """All that `clri up` runs: it falls behind, and catches up."""
    with Child("benchmarks.bursts.ours", str(tmp_path)) as ours:
        sent, found = received(ours, PER_S, 3.0, 1.0, keep=False)
    assert shown(capsys, "stored", sent, found) >= STARVED_PER_S
    want = Counter(map(key, sent["rows"]))
    have = Counter(
        key((fact.venue, fact.symbol, fact.side, fact.price, fact.qty, (fact.ts_venue or 0) // 1_000_000))
        for fact in stored(tmp_path / "live.sqlite")
    )
    assert len(want) == PER_S * 3.0
    assert want - have == Counter()
    assert max(have.values()) == 1
    assert found["grown"] < len(VENUES) * MAX_BYTES + GROWTH
    assert set(found["dropped"]) <= {kind.__name__ for kind in LATEST}


@pytest.mark.timeout(300)
@pytest.mark.skipif(find_spec("ccxt") is None, reason=NO_CCXT)
@pytest.mark.parametrize(("per_s", "piece_ms"), [(LEAST_PER_S, PIECE_MS), (200.0, 50)], ids=["burst", "ten at a time"])
def test_ccxt_loses_liquidations_that_come_together(per_s: float, piece_ms: int, capsys) -> None:
    """A watcher gets the newest of those that came since it last awaited; Bybit's watchers have one symbol each."""
    counts = {}
    for module in (("benchmarks.bursts.ours", "facts"), ("benchmarks.bursts.theirs",)):
        with Child(*module, python=sys.executable) as contender:
            sent, found = received(contender, per_s, 2.0, 1.0, keep=True, piece_ms=piece_ms)
        want = {key(row) for row in sent["rows"]}
        have = Counter(key(row) for row in found["rows"])
        counts[module[0].rpartition(".")[2]] = {
            venue: (sum(one[0] == venue for one in want & set(have)), sum(one[0] == venue for one in want))
            for venue in VENUES
        }
    with capsys.disabled():
        sys.stdout.write(f"\n(got, sent) at {per_s:,.0f} frames/s, each {piece_ms} ms: {counts}\n")
    assert all(got == told > 0 for got, told in counts["ours"].values())
    got, told = (sum(pair[k] for pair in counts["theirs"].values()) for k in (0, 1))
    assert 0 < got < told * 0.75
