"""Which liquidations a venue tells, and in which batches (VENUES 1)."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from clri.collect.simulate.event import Order
from clri.model.timebase import SECOND

Key = Callable[[Order], Hashable]


def largest(orders: Iterable[Order], key: Key) -> list[Order]:
    """Largest order of each second and key, by time."""
    best: dict[Hashable, Order] = {}
    for order in orders:
        slot = (order.at // SECOND, key(order))
        held = best.get(slot)
        if held is None or order.usd > held.usd:
            best[slot] = order
    return sorted(best.values())


def first(orders: Iterable[Order], key: Key) -> list[Order]:
    """First order of each second and key, by time."""
    found: dict[Hashable, Order] = {}
    for order in orders:
        found.setdefault((order.at // SECOND, key(order)), order)
    return sorted(found.values())


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
