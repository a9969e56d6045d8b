"""Frame text to fact, per kind of message and venue (target T1).

a) against ccxt.pro: its socket client's decoding and its handlers (`ccxt_peer`, which says what ccxt adds and loses);
b) against orjson and plain Python that does the same work (`plain`): same checks, ids, counts and fields.

Ours takes bytes and ccxt a text, each what its socket gives it; the characters are the same. Before timing, every fact
of ours equals plain's in every field, and ccxt's result of each frame in what both say (symbol, time, price or mark or
last, size). An OKX push has one order here, since ccxt reads no other.
"""

from collections.abc import Iterator

import msgspec

from benchmarks.ccxt_peer import Ccxt
from benchmarks.frames import KINDS, T0_MS, VENUES, Case, case
from benchmarks.harness import ROUNDS, Line, Work, per, take_turns
from benchmarks.plain import plain_mapper
from clri.app.assemble import build_mapper
from clri.model.facts import Fact

FRAMES = 2000
RECV = (T0_MS + 4000) * 1_000_000
"""Receipt of all frames: after the last of them, and no cached mark is too old."""


def run(*, quick: bool) -> Iterator[Line]:
    for venue in VENUES:
        for kind in KINDS:
            rows = 8 if (venue, kind) == ("binance", "mark") else 1
            yield from _lines(case(venue, kind, (FRAMES // 4 if quick else FRAMES) // rows), 3 if quick else ROUNDS)


def _lines(given: Case, rounds: int) -> Iterator[Line]:
    raws = [frame.encode() for frame in given.frames]
    facts = check(given)

    def ours() -> Work:
        mapper = build_mapper(given.venue)
        _decoded(mapper, given.opening)
        decode = mapper.decode

        def work() -> None:
            for raw in raws:
                decode(raw, RECV)

        return work

    def plain() -> Work:
        mapper = plain_mapper(given.venue)
        _decoded(mapper, given.opening)
        decode = mapper.decode

        def work() -> None:
            for raw in raws:
                decode(raw, RECV)

        return work

    def ccxt() -> Work:
        peer = Ccxt(given.venue)
        peer.feed(given.opening)
        return lambda: peer.feed(given.frames)

    timing = take_turns({"ours": ours, "plain": plain, "ccxt": ccxt}, rounds)
    mine = {"ns_per_frame": per(timing.seconds("ours"), len(raws)), "ns_per_fact": per(timing.seconds("ours"), facts)}
    for peer, target, versions in (("ccxt", 30.0, ("ccxt", "orjson")), ("plain", 2.0, ("orjson",))):
        yield Line(
            f"text_to_fact.{given.venue}.{given.kind}.vs_{peer}",
            timing.ratio("ours", peer),
            target,
            mine,
            {"ns_per_frame": per(timing.seconds(peer), len(raws))},
            timing.noise("ours", peer),
            versions,
        )


def check(given: Case) -> int:
    """Number of facts in the frames; all contenders agree on every one of them.

    Raises
    ------
    AssertionError
        If one does not.
    """
    mapper, plain, ccxt = build_mapper(given.venue), plain_mapper(given.venue), Ccxt(given.venue)
    _decoded(mapper, given.opening)
    _decoded(plain, given.opening)
    ccxt.feed(given.opening)
    count = 0
    for frame in given.frames:
        facts = [fact for fact in mapper.decode(frame.encode(), RECV) if isinstance(fact, Fact)]
        found = plain.decode(frame.encode(), RECV)
        assert facts, f"nothing decoded of {frame}: {mapper.tally.frames}"
        assert [msgspec.structs.asdict(fact) for fact in facts] == found, f"plain differs: {facts} {found}"
        ccxt.feed([frame])
        last = facts if given.kind != "liquidation" else facts[-1:]
        assert all(ccxt.agrees(fact) for fact in last), f"ccxt differs: {facts}"
        count += len(facts)
    return count


def _decoded(mapper: object, frames: list[str]) -> None:
    for frame in frames:
        mapper.decode(frame.encode(), RECV)
