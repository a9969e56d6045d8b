"""What no store takes: items of another mode, and numbers that are no numbers."""

from collections.abc import Iterable, Iterator
from itertools import repeat
from math import isfinite
from typing import Final

import msgspec

from clri.model.cascade import CascadeUpdate
from clri.model.codec import Output
from clri.model.control import FeedStatus
from clri.model.errors import ClriError, StoreError
from clri.model.event_state import STATE_KINDS
from clri.model.facts import Fact, Liquidation
from clri.model.funding_event import FundingEvent
from clri.model.health import FeedHealth
from clri.model.instrument import Instrument
from clri.model.names import Mode
from clri.model.observation import Observation
from clri.model.pair import PairReading
from clri.model.reading import MarketReading, Reading
from clri.stores.faults import check_mode

_PLAIN: Final = frozenset({float, int, str, bool, type(None)})

STORED: Final = (
    *(Observation, Reading, MarketReading, Liquidation, CascadeUpdate, PairReading, Instrument, FeedStatus, FeedHealth),
    FundingEvent,
    *STATE_KINDS,
)
"""Kinds that have a table; all others are passed over."""


def strange(value: object, name: str = "") -> str | None:
    """Name and value of the first number that is nan or infinite, else None.

    Examples
    --------
    >>> strange({"funding": 0.1, "oi": float("nan")}), strange([1.0, 2, None])
    ('oi = nan', None)
    """
    if isinstance(value, msgspec.Struct):
        names: Iterable[object] = value.__struct_fields__
        parts = msgspec.structs.astuple(value)
    elif isinstance(value, dict):
        names, parts = value, tuple(value.values())
    elif isinstance(value, (list, tuple)):
        names, parts = repeat(name), tuple(value)
    else:
        return None
    # A sum is finite only if every part is; the other way round a sum of finite parts may overflow.
    if not isfinite(sum([part for part in parts if part.__class__ is float])):
        for key, part in zip(names, parts, strict=False):
            if part.__class__ is float and not isfinite(part):
                return f"{key} = {part}"
    if all([part.__class__ in _PLAIN for part in parts]):  # noqa: C419 - half the time of a generator
        return None
    pairs = zip(names, parts, strict=False)
    return next(
        (found for key, part in pairs if part.__class__ not in _PLAIN and (found := strange(part, str(key)))), None
    )


def check(item: msgspec.Struct, place: str, held: Mode) -> None:
    """Refuse what does not belong into the store.

    Raises
    ------
    ConfigError
        If the item carries another mode.
    StoreError
        If a number is nan or infinite: missing is None (CONTRACTS 0), and SQL would turn nan into NULL in silence.
    """
    check_mode(place, held, item)
    if found := strange(item):
        who = f"{type(item).__name__} {getattr(item, 'symbol', '')} at {getattr(item, 'ts', 0)}"
        raise StoreError(f"{who}: {found}; expected a finite number or None", code="CLRI-STORE-007")


def admitted(
    items: Iterable[Fact | Output], place: str, held: Mode, refused: list[ClriError]
) -> Iterator[Fact | Output]:
    """Items that have a table and pass `check`; the others' errors go to `refused`."""
    for item in items:
        if isinstance(item, STORED):
            try:
                check(item, place, held)
            except ClriError as error:
                refused.append(error)
            else:
                yield item


def raise_first(refused: list[ClriError]) -> None:
    """Raise the first error, after everything else was taken."""
    if refused:
        if len(refused) > 1:
            refused[0].add_note(f"{len(refused) - 1} further items were refused")
        raise refused[0]
