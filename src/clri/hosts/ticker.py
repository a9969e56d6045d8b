"""Time as data: Ticks between facts, at every second and every minute."""

from collections.abc import Iterable, Iterator

from clri.model.control import Tick
from clri.model.facts import Fact
from clri.model.names import MARKET
from clri.model.timebase import MINUTE, SECOND, minute_end


def tick(boundary: int, period_s: int) -> Tick:
    """Tick of all symbols at `boundary` (ns).

    Examples
    --------
    >>> tick(60_000_000_000, 60).symbol
    'MARKET'
    """
    return Tick(
        boundary, None, MARKET, "clri", "perp", None, "sim", None, backfill=False, period_s=period_s, boundary=boundary
    )


def ticks_at(boundary: int) -> list[Tick]:
    """Ticks of one second: the 1-s Tick, then the 60-s Tick if a minute ends."""
    second = tick(boundary, 1)
    return [second, tick(boundary, 60)] if boundary % MINUTE == 0 else [second]


def with_ticks(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Facts in order of receipt with the Ticks that pass between them.

    Time begins with the first fact and runs on to the end of the last fact's minute. All facts with ts <= boundary
    come before its Tick.

    Parameters
    ----------
    facts
        In order of `ts`; a fact that is older than the one before is passed on where it comes.

    Examples
    --------
    >>> facts = [tick(59_500_000_000, 1)]
    >>> [(fact.period_s, fact.ts // 1_000_000_000) for fact in with_ticks(facts)][:3]
    [(1, 59), (1, 60), (60, 60)]
    """
    boundary = None
    for fact in facts:
        if boundary is None:
            boundary = -(-fact.ts // SECOND) * SECOND
        while boundary < fact.ts:
            yield from ticks_at(boundary)
            boundary += SECOND
        yield fact
    if boundary is None:
        return
    end = minute_end(boundary)
    while boundary <= end:
        yield from ticks_at(boundary)
        boundary += SECOND
