"""Which liquidations of a second a venue tells, and in which batches (VENUES 1)."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from clri.collect.simulate.tape import Order

Key = Callable[[Order], Hashable]


class Unsent(NamedTuple):
    """An order that the venue does not tell, and why."""

    order: Order
    reason: str


def largest(orders: Iterable[Order], key: Key) -> tuple[list[Order], list[Unsent]]:
    """Largest order of each key among those of one second, by time; the others are not told."""
    best: dict[Hashable, Order] = {}
    unsent = []
    for order in orders:
        held = best.get(key(order))
        if held is None or order.usd > held.usd:
            best[key(order)] = order
        if held is not None:
            unsent.append(Unsent(held if best[key(order)] is order else order, "largest_1s"))
    return sorted(best.values()), unsent


def first(orders: Iterable[Order], key: Key) -> tuple[list[Order], list[Unsent]]:
    """First order of each key among those of one second, by time; the others are not told."""
    found: dict[Hashable, Order] = {}
    unsent = [Unsent(order, "sample_1s") for order in orders if found.setdefault(key(order), order) is not order]
    return sorted(found.values()), unsent


def batches(orders: Sequence[Order], span: int, key: Key | None = None, most: int = 1000) -> Iterator[list[Order]]:
    """Orders of each span (ns) and key together, by time of the span; a full batch leaves early."""
    held: dict[Hashable, list[Order]] = {}
    now = None
    for order in orders:
        if order.at // span != now:
            yield from held.values()
            held, now = {}, order.at // span
        batch = held.setdefault(key(order) if key else None, [])
        batch.append(order)
        if len(batch) == most:
            yield held.pop(key(order) if key else None)
    yield from held.values()
