"""The market as a source of facts: the same bytes each time, nothing quarantined, and always labelled."""

from collections import defaultdict
from hashlib import sha256
from itertools import islice, pairwise
from pathlib import Path

import pytest

from clri.collect.capture import CaptureWriter
from clri.collect.simulate.coins import COINS, SPOT_ON_HYPERLIQUID
from clri.collect.simulate.script import Scenario
from clri.collect.simulate.source import SimulatedEvent
from clri.collect.sources import CaptureSource, FrameFileSource
from clri.collect.venues import VENUES
from clri.model.control import FeedStatus
from clri.model.errors import InputError
from clri.model.facts import Depth, Fact, LongShortRatio, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import EXCHANGES
from clri.model.timebase import MINUTE, SECOND
from tests.collect.simulate.runs import START

SYMBOLS = tuple(coin.symbol for coin in COINS)
SHORT = Scenario("short", "x", 6, before=60)


def event(seed: int = 3) -> SimulatedEvent:
    return SimulatedEvent(seed, SHORT, START)


@pytest.fixture(scope="module")
def told() -> tuple[SimulatedEvent, list[Fact]]:
    made = event()
    return made, list(made.facts())


def digest(of: SimulatedEvent) -> str:
    made = sha256()
    for frame in of.frames():
        made.update(frame.line())
    return made.hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(told) -> None:
    made, facts = told
    first = digest(event())
    assert digest(made) == first, "a second telling starts anew"
    assert digest(event(4)) != first
    assert list(islice(made.facts(), 5000)) == facts[:5000]


def test_no_frame_is_quarantined_or_unknown(told) -> None:
    made, _ = told
    list(made.facts())
    tallies = made.tallies()
    assert set(tallies) == set(VENUES)
    for venue, tally in tallies.items():
        assert set(tally.frames) <= {"decoded", "ignored:control_ack", "ignored:no_row_used", "ignored:empty"}, venue
        assert not tally.samples


def test_every_venue_tells_every_input_of_every_symbol(told) -> None:
    series = defaultdict(list)
    for fact in told[1]:
        series[type(fact), fact.venue, fact.symbol, fact.market].append(fact)
    for venue in EXCHANGES:
        for symbol in SYMBOLS:
            for kind in (MarkFunding, OpenInterest, Ticker, Depth, Instrument):
                assert (kind, venue, symbol, "perp") in series, (kind, venue, symbol)
            spot = venue != "hyperliquid" or symbol in SPOT_ON_HYPERLIQUID
            assert ((Ticker, venue, symbol, "spot") in series) is spot
            assert ((LongShortRatio, venue, symbol, "perp") in series) is (venue != "hyperliquid")


def test_facts_come_in_order_and_each_venue_is_announced(told) -> None:
    facts = told[1]
    assert all(one.ts <= two.ts for one, two in pairwise(facts))
    seen: set[str] = set()
    for fact in facts:
        assert fact.venue in seen or (isinstance(fact, FeedStatus) and fact.state == "up")
        seen.add(fact.venue)
    assert START <= facts[0].ts < START + 5 * SECOND
    assert START + 6 * MINUTE - 2 * SECOND < facts[-1].ts <= START + 6 * MINUTE


def test_memory_stays_bounded() -> None:
    made = SimulatedEvent(3, Scenario("long", "x", 40), START)
    sizes = [
        (len(made.world._index), made.world.tape.end - made.world.tape.first)
        for n, _ in enumerate(made.frames())
        if n % 5000 == 0
    ]
    assert max(sizes)[0] <= 2 * 960
    assert max(size for _, size in sizes) <= 960
    assert made.world.tape.first > 1000


def test_written_frames_give_the_same_facts(told, tmp_path: Path) -> None:
    made, facts = told
    path = tmp_path / "event.jsonl.gz"
    assert made.write(path) > 5000
    assert list(FrameFileSource([path]).facts()) == facts


def test_captured_frames_give_the_same_facts(told, tmp_path: Path) -> None:
    made, facts = told
    writers = {venue: CaptureWriter(tmp_path, venue) for venue in EXCHANGES}
    for frame in islice(made.frames(), 10_000):
        if frame.path is None:
            writers[frame.venue].frame(frame.recv_ns, frame.raw)
        else:
            writers[frame.venue].reply(frame.recv_ns, frame.path, frame.raw)
    for writer in writers.values():
        writer.close()
    got = list(CaptureSource(tmp_path).facts())
    # Frames received at the same nanosecond by two venues may change places.
    assert sorted(got, key=repr) == sorted(facts[: len(got)], key=repr)
    assert len(got) > 10_000


def test_it_says_that_it_is_no_market() -> None:
    made = event(42)
    assert made.mode == "replay-simulated"
    assert made.story == "SIMULATED DATA – seed 42, not a real market event"
    assert made.describe().startswith(made.story)
    with pytest.raises(InputError, match="seed was -1"):
        list(islice(event(-1).frames(), 1))
