"""Received liquidation bytes to the six-factor cascade score, against a window that is recomputed at every event (T4).

Ours: the venue's mapper, then the detector of one symbol, then the score of that event; exact sums, O(1). Theirs:
orjson and plain Python for the fact, then a deque of dictionaries of the last 60 s, walked at every event (`plain`).
Both read the same frames of three venues: single orders, evenly spaced, the window full before timing begins. `step_n`
is the same without decoding: fact to score.

Before timing, scores of both are compared. Ours holds prices in whole steps of 1e-7 of a reference, off by at most half
a step; if all are off the same way round, that is 1e-7 / 0.005 * 2 * 0.2 = 8e-6 in a score of 0..2. De-duplication and
the reorder buffer are not part of this: see `replay`.
"""

from collections.abc import Iterator

from benchmarks.frames import MAKERS, T0_MS, VENUES, Numbers, text
from benchmarks.harness import ROUNDS, Line, Work, per, take_turns
from benchmarks.plain.window import WINDOW_MS, Recomputed
from clri.app.assemble import build_mapper
from clri.collect.simulate.coins import COINS
from clri.detectors.cascade import CascadeDetector
from clri.model.facts import Liquidation

TARGETS = {3000: 100.0, 300: None}
"""Events in the window -> target; a small window is shown, for a walk over it costs the peer little."""
NEAR = 8e-6
Received = tuple[str, bytes, int]
"""Venue, frame, receipt."""


class Ours:
    """Mappers and a detector."""

    def __init__(self) -> None:
        self.mappers = {venue: build_mapper(venue) for venue in VENUES}
        self.detector = CascadeDetector("BTC", "replay-simulated")

    def score(self, venue: str, raw: bytes, recv: int) -> float:
        """Risk score after a frame."""
        detector = self.detector
        for fact in self.mappers[venue].decode(raw, recv):
            detector.on_fact(fact)
        return detector.row()["cascade_score_max"]


def stream(window: int, count: int) -> tuple[list[Received], list[Received]]:
    """Frames that fill the window, and those that are timed."""
    n, step = Numbers(3, spread=0.005), WINDOW_MS // window
    frames: list[Received] = []
    while len(frames) < window + count:
        venue = VENUES[len(frames) % len(VENUES)]
        at = T0_MS + len(frames) * step
        frame = MAKERS[venue, "liquidation"](n, COINS[0], at)
        if isinstance(frame, dict) and venue == "bybit":
            frame["data"] = frame["data"][:1]
        frames.append((venue, text(frame).encode(), (at + 100) * 1_000_000))
    return frames[:window], frames[window:]


def run(*, quick: bool) -> Iterator[Line]:
    for window in (3000, 300):
        count = 300 if quick else 1000
        filling, timed = stream(window, count)
        check(filling, timed, window)
        timing = take_turns(
            {kind.__name__: _prepared(kind, filling, timed) for kind in (Ours, Recomputed)}, 2 if quick else ROUNDS
        )
        yield Line(
            f"bytes_to_cascade.window_{window}",
            timing.ratio("Ours", "Recomputed"),
            TARGETS[window],
            {"ns_per_event": per(timing.seconds("Ours"), count)},
            {"ns_per_event": per(timing.seconds("Recomputed"), count)},
            timing.noise("Ours", "Recomputed"),
            ("orjson",),
        )
        yield _step(filling, timed, window, 2 if quick else ROUNDS)


def check(filling: list[Received], timed: list[Received], window: int) -> None:
    """Compare the scores of 250 events in a row, then that of the full window."""
    ours, theirs = Ours(), Recomputed()
    scores = set()
    for received in (*filling[-50:], *timed[:200]):
        a, b = ours.score(*received), theirs.score(*received)
        assert abs(a - b) <= NEAR, f"score was {a} against {b}"
        scores.add(round(a, 6))
    assert len(scores) > 100, "the scores do not vary"
    ours, theirs = Ours(), Recomputed()
    for received in (*filling, *timed):
        a = ours.score(*received)
        for fact in theirs.mappers[received[0]].decode(received[1], received[2]):
            theirs.add(fact)
    b = theirs.risk()
    assert abs(a - b) <= NEAR, f"score of the full window was {a} against {b}"
    assert abs(len(theirs.window) - window) <= 1, f"{len(theirs.window)} events in the window; expected {window}"


def _prepared(kind: type[Ours | Recomputed], filling: list[Received], timed: list[Received]):
    def prepare() -> Work:
        contender = kind()
        if isinstance(contender, Recomputed):
            for venue, raw, recv in filling:
                for fact in contender.mappers[venue].decode(raw, recv):
                    contender.add(fact)
        else:
            for received in filling:
                contender.score(*received)
        score = contender.score

        def work() -> None:
            for venue, raw, recv in timed:
                score(venue, raw, recv)

        return work

    return prepare


def _step(filling: list[Received], timed: list[Received], window: int, rounds: int) -> Line:
    """The same without decoding: fact to score."""
    mappers, plains = Ours().mappers, Recomputed().mappers
    facts = [f for v, raw, t in (*filling, *timed) for f in mappers[v].decode(raw, t) if isinstance(f, Liquidation)]
    events = [event for venue, raw, recv in (*filling, *timed) for event in plains[venue].decode(raw, recv)]

    def ours() -> Work:
        detector = CascadeDetector("BTC", "replay-simulated")
        for fact in facts[:window]:
            detector.on_fact(fact)

        def work() -> None:
            for fact in facts[window:]:
                detector.on_fact(fact)
                detector.row()

        return work

    def theirs() -> Work:
        naive = Recomputed()
        for event in events[:window]:
            naive.add(event)

        def work() -> None:
            for event in events[window:]:
                naive.add(event)
                naive.risk()

        return work

    timing = take_turns({"ours": ours, "theirs": theirs}, rounds)
    return Line(
        f"bytes_to_cascade.step_{window}",
        timing.ratio("ours", "theirs"),
        TARGETS[window],
        {"ns_per_event": per(timing.seconds("ours"), len(timed))},
        {"ns_per_event": per(timing.seconds("theirs"), len(timed))},
        timing.noise("ours", "theirs"),
    )
