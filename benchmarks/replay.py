"""Facts per second through the whole pipeline, flat out: at least 200,000 (absolute).

Eight symbols on three venues, 30 % of the facts liquidations, the others marks, tickers and some open interest; spread
evenly over the recorded time, with a Tick at every second and every minute (not counted as facts). 1,000 facts per
recorded second gate: a burst; 100 are shown: there the Ticks weigh more. `facts` hands over facts that were decoded
before; `frames` decodes their frames on the way, as a replay of a capture does. No store takes the results.

Before timing both ways give the same outputs.
"""

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.frames import MAKERS, T0_MS, VENUES, Numbers, opening, text
from benchmarks.harness import ROUNDS, Line, Prepare, per, take_turns
from clri.app.assemble import build_pipeline
from clri.collect.decoders import Decoders
from clri.collect.simulate.coins import COINS, SYMBOLS
from clri.hosts.replay import replay
from clri.model.codec import Output
from clri.model.facts import Fact, Liquidation
from clri.model.names import Venue

TARGET = 200_000.0
SHARE = 0.3
Received = tuple[Venue, bytes, int]
"""Venue, frame, receipt."""


class Facts:
    """A recording of facts."""

    def __init__(self, facts: list[Fact]) -> None:
        self.read = facts

    def facts(self) -> Iterator[Fact]:
        """In order of receipt."""
        return iter(self.read)


class Frames:
    """A recording of frames, decoded as it is read."""

    def __init__(self, frames: list[Received]) -> None:
        self.frames = frames

    def facts(self) -> Iterator[Fact]:
        """In order of receipt."""
        decode = Decoders().decode
        for venue, raw, recv in self.frames:
            yield from decode(venue, 0, None, raw, recv)


def recording(per_s: int, seconds: int) -> list[Received]:
    """Frames of the venues, about `per_s` facts a second, in order of receipt."""
    n = Numbers(11, spread=0.004)
    start = T0_MS * 1_000_000
    found: list[Received] = [(venue, frame.encode(), start) for venue in VENUES for frame in opening(venue, n)]
    owed = 0.0
    for second in range(seconds):
        kinds: list[tuple[Venue, str]] = [("binance", "mark")]  # 8 facts in one frame
        for turn in range(per_s - len(COINS)):
            owed += SHARE * per_s / (per_s - len(COINS))
            kind = "liquidation" if owed >= 1.0 else ("mark", "ticker")[turn % 2]
            owed -= kind == "liquidation"
            venue = VENUES[turn % 3]
            kinds.append((venue, "ticker" if (venue, kind) == ("binance", "mark") else kind))
        for k, (venue, kind) in enumerate(kinds):
            at = T0_MS + second * 1000 + k * 1000 // len(kinds)
            frame = MAKERS[venue, kind](n, n.rng.choice(COINS), at)
            if isinstance(frame, dict) and (venue, kind) == ("bybit", "liquidation"):
                frame["data"] = frame["data"][:1]
            found.append((venue, text(frame).encode(), (at + 60) * 1_000_000))
    return found


def run(*, quick: bool) -> Iterator[Line]:
    for per_s, seconds, target in ((1000, 20 if quick else 120, 1.0), (100, 65 if quick else 300, None)):
        frames = recording(per_s, seconds)
        facts = list(Frames(frames).facts())
        share = sum(isinstance(fact, Liquidation) for fact in facts) / len(facts)
        assert abs(share - SHARE) < 0.01, f"{share:.1%} of the facts are liquidations; expected {SHARE:.0%}"
        check(facts, frames)
        contenders = {"facts": _prepared(partial(Facts, facts)), "frames": _prepared(partial(Frames, frames))}
        timing = take_turns(contenders, 2 if quick else ROUNDS)
        for name in contenders:
            pace = len(facts) / timing.seconds(name)
            ours = {"facts_per_s": pace, "ns_per_fact": per(timing.seconds(name), len(facts)), "facts": len(facts)}
            noise = timing.noise(name)
            limit = {"facts_per_s": TARGET}
            yield Line(f"replay.{name}_at_{per_s}_per_s", pace / TARGET, target, ours, limit, noise)


def check(facts: list[Fact], frames: list[Received]) -> None:
    """Outputs of the facts and of their frames are the same, and there are some of every kind."""
    first: list[Output] = []
    second: list[Output] = []
    for source, outputs in ((Facts(facts), first), (Frames(frames), second)):
        replay(source, build_pipeline(SYMBOLS, "replay-simulated", VENUES), on_output=outputs.append)
    assert first == second, "frames and their facts give different outputs"
    kinds = {type(output).__name__ for output in first}
    assert kinds == {"CascadeUpdate", "MarketReading", "Observation", "Reading"}, f"outputs were {kinds}"


def _prepared(source: Callable[[], Facts | Frames]) -> Prepare:
    return lambda: partial(replay, source(), build_pipeline(SYMBOLS, "replay-simulated", VENUES))
