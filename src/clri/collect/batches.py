"""What a recording gives at one moment, and several recordings as one, in order of receipt."""

from collections.abc import Iterable, Iterator
from heapq import merge
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec

from clri.model.errors import InputError
from clri.model.facts import Fact
from clri.model.names import Venue

NO_TIME: Final = -1
"""Receipt of facts before anything told a time; they sort first."""


class Batch(NamedTuple):
    """Facts of one frame, all received at `receipt` (UTC ns).

    `origin` = venue and number of the connection whose feeds they show to be up; None if that has been told already.
    """

    receipt: int
    facts: list[Fact]
    origin: tuple[Venue, int] | None = None


def merged(streams: Iterable[Iterator[Batch]]) -> Iterator[Batch]:
    """Batches of all streams in order of receipt; at equal times in the order of the streams.

    Batches without a time come first, at the first time known.

    Raises
    ------
    InputError
        If nothing at all tells a time.

    Examples
    --------
    >>> [batch.receipt for batch in merged([iter([Batch(2, []), Batch(5, [])]), iter([Batch(-1, []), Batch(3, [])])])]
    [2, 2, 3, 5]
    """
    waiting: list[Batch] = []
    for batch in merge(*streams, key=itemgetter(0)):
        if batch.receipt == NO_TIME:
            waiting.append(batch)
            continue
        if waiting:
            yield from (Batch(batch.receipt, stamped(held.facts, batch.receipt), held.origin) for held in waiting)
            waiting.clear()
        yield batch
    if waiting:
        raise InputError(
            "no frame tells a time: neither its receipt nor an event of the venue",
            hint='write the receipt into each line: {"recv_ns": 1790000000000000000, "raw": …}',
        )


def stamped(facts: list[Fact], receipt: int) -> list[Fact]:
    """The facts, received at `receipt`."""
    return [fact if fact.ts == receipt else msgspec.structs.replace(fact, ts=receipt) for fact in facts]
