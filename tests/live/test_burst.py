"""Twenty thousand frames a second: nothing is lost, memory stays bounded; ccxt.pro loses most of the same burst."""

import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.bursts.talk import Child
from clri.collect.transport.queue import LATEST, MAX_BYTES
from tests.live.running import stored

PER_S = 24_000.0
LEAST_PER_S = 20_000.0
GROWTH = 50_000_000
VENUES = ("binance", "bybit", "okx")
NO_CCXT = "the extra clri[ccxt] is not installed"


def key(venue: str, symbol: str, side: str, price: float, qty: float, at_ms: int) -> tuple:
    return venue, symbol, side, round(price, 9), round(qty, 9), at_ms


def received(contender: Child, per_s: float, seconds: float, share: float, *, keep: bool) -> tuple[dict, dict]:
    """What the server says of a burst, and what the contender says."""
    with Child("benchmarks.bursts.server") as server:
        urls = {venue: one for venue, one in server.ask("urls").items() if venue in VENUES}
        contender.ask("open", urls=urls)
        contender.ask("begin", keep=keep)
        asked = {"venues": VENUES, "per_s": per_s, "seconds": seconds, "share": share, "piece_ms": 5}
        sent = server.ask("burst", lines=server.ask("lines"), **asked)
        return sent, contender.ask("end")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_a_burst_is_stored_whole_in_bounded_memory(tmp_path: Path, share: float, capsys) -> None:
    with Child("benchmarks.bursts.ours", str(tmp_path)) as ours:
        sent, found = received(ours, PER_S, 3.0, share, keep=False)
    frames = sum(sent["frames"].values())
    pace = frames / sent["wall_s"]
    with capsys.disabled():
        grown, used = found["grown"] / 1e6, found["cpu_s"] / frames * 1e6
        print(f"\n{frames} frames at {pace:,.0f}/s: {used:.1f} us a frame, +{grown:.0f} MB, dropped {found['dropped']}")
    want = Counter(key(*row[:6]) for row in sent["rows"])
    have = Counter(
        key(fact.venue, fact.symbol, fact.side, fact.price, fact.qty, (fact.ts_venue or 0) // 1_000_000)
        for fact in stored(tmp_path / "live.sqlite")
    )
    assert pace >= LEAST_PER_S
    assert len(want) == sent_liquidations(frames, share)
    assert want - have == Counter()
    assert max(have.values()) == 1
    assert found["grown"] < MAX_BYTES + GROWTH
    assert set(found["dropped"]) <= {kind.__name__ for kind in LATEST}


def sent_liquidations(frames: int, share: float) -> int:
    """How many of the frames tell one, to within the last."""
    return frames if share == 1.0 else pytest.approx(frames * share, abs=1)


@pytest.mark.timeout(300)
@pytest.mark.skipif(find_spec("ccxt") is None, reason=NO_CCXT)
@pytest.mark.parametrize("per_s", [200.0, LEAST_PER_S])
def test_ccxt_loses_liquidations_of_the_same_burst(per_s: float, capsys) -> None:
    counts = {}
    for module in (("benchmarks.bursts.ours", "facts"), ("benchmarks.bursts.theirs",)):
        with Child(*module, python=sys.executable) as contender:
            sent, found = received(contender, per_s, 2.0, 1.0, keep=True)
        want = {key(*row[:6]) for row in sent["rows"]}
        have = Counter(key(*row[:6]) for row in found["rows"])
        counts[module[0].rpartition(".")[2]] = {
            venue: (sum(one[0] == venue for one in want & set(have)), sum(one[0] == venue for one in want))
            for venue in VENUES
        }
    with capsys.disabled():
        print(f"\n(got, sent) at {per_s:,.0f} frames/s: {counts}")
    assert all(got == told > 0 for got, told in counts["ours"].values())
    assert all(got < told for got, told in counts["theirs"].values())
