"""The mappers of a replay: one per connection, with one instrument table per venue."""

import importlib
from collections import Counter
from typing import Final

from clri.collect.instruments import InstrumentTable
from clri.collect.mapper import Control, VenueMapper
from clri.collect.tally import Tally
from clri.collect.venues import VENUES
from clri.model.errors import InputError
from clri.model.facts import Fact
from clri.model.instrument import Instrument
from clri.model.names import Venue

CALLS: Final = ("GET ", "POST ")
"""How the name of a channel starts that is a REST call."""


def mapper_class(venue: Venue) -> type[VenueMapper]:
    """Mapper of a venue; only that venue's modules are loaded.

    Examples
    --------
    >>> mapper_class("okx").venue
    'okx'
    """
    module, name = VENUES[venue].split(":")
    found: type[VenueMapper] = getattr(importlib.import_module(module), name)
    return found


def known_venue(name: str, place: str) -> Venue:
    """Venue of that name.

    Raises
    ------
    InputError
        If no mapper reads it; `place` says where it was found.
    """
    for venue in VENUES:
        if venue == name:
            return venue
    raise InputError(f"{place}: venue {name!r} has no mapper; expected one of {', '.join(VENUES)}")


class Decoders:
    """Hands frames to the mapper of their connection, made at its first frame.

    Examples
    --------
    >>> decoders = Decoders()
    >>> raw = b'{"topic":"allLiquidation.BTCUSDT","ts":1790000000500,"data":[{"T":1790000000420,"s":"BTCUSDT",'
    >>> raw += b'"S":"Buy","v":"0.3","p":"59000.5"}]}'
    >>> [(fact.symbol, fact.side) for fact in decoders.decode("bybit", 1, None, raw, 1_790_000_000_600_000_000)]
    [('BTC', 'LONG')]
    >>> decoders.tallies()["bybit"].frames
    Counter({'decoded': 1})
    """

    def __init__(self) -> None:
        self._mappers: dict[tuple[Venue, int], VenueMapper] = {}
        self._tables: dict[Venue, InstrumentTable] = {}
        self._counted: dict[Venue, list[Tally]] = {}

    def decode(self, venue: Venue, connection: int, path: str | None, raw: bytes, recv_ns: int) -> list[Fact]:
        """Facts of a frame, or of the REST reply to `path` (method, path and query).

        Instruments go into the venue's table, which all its connections share.
        """
        if mapper_class(venue).shared:
            connection = 0
        mapper = self._mappers.get((venue, connection)) or self._made(venue, connection)
        items = mapper.decode(raw, recv_ns) if path is None else mapper.reply(path, raw, recv_ns)
        facts = [item for item in items if not isinstance(item, Control)]
        if path is not None:
            mapper.table.update(fact for fact in facts if isinstance(fact, Instrument))
        return facts

    def renew(self, venue: Venue, connection: int) -> None:
        """Forget the state of a connection: its next frame is the first of a new one."""
        if not mapper_class(venue).shared:
            self._mappers.pop((venue, connection), None)

    def tallies(self) -> dict[Venue, Tally]:
        """Counts of every venue, all its connections together."""
        return {venue: _sum(self._counted[venue]) for venue in VENUES if venue in self._counted}

    def _made(self, venue: Venue, connection: int) -> VenueMapper:
        mapper = mapper_class(venue)(self._tables.get(venue))
        self._tables.setdefault(venue, mapper.table)
        self._counted.setdefault(venue, []).append(mapper.tally)
        self._mappers[venue, connection] = mapper
        return mapper


def _sum(tallies: list[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.frames = Counter(total.frames + tally.frames)
        total.rows = Counter(total.rows + tally.rows)
        total.samples.extend(tally.samples)
    return total
