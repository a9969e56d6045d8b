"""Bytes of facts and outputs: compact arrays for the log, maps with ISO times for people and other programs."""

from typing import Any, Final

import msgspec

from clri.model.alert import Alert
from clri.model.cascade import CascadeUpdate
from clri.model.control import FeedStatus, Tick
from clri.model.facts import (
    Bar,
    Book,
    Depth,
    Fact,
    Liquidation,
    LiquidationAggregate,
    LongShortRatio,
    MarkFunding,
    OpenInterest,
    StablecoinSupply,
    StablecoinTransfer,
    Ticker,
    Trade,
)
from clri.model.funding_event import FundingEvent
from clri.model.health import FeedHealth
from clri.model.instrument import Instrument
from clri.model.observation import Observation
from clri.model.pair import PairReading
from clri.model.price_levels import PriceLevels, SupportZones
from clri.model.reading import MarketReading, Reading
from clri.model.timebase import iso
from clri.model.velocity import CascadeSignal, Velocity

AnyFact = (
    Liquidation
    | LiquidationAggregate
    | MarkFunding
    | OpenInterest
    | Book
    | Depth
    | Ticker
    | Trade
    | Bar
    | LongShortRatio
    | StablecoinTransfer
    | StablecoinSupply
    | FeedStatus
    | Tick
    | Instrument
)
Output = (
    Observation
    | Reading
    | MarketReading
    | CascadeUpdate
    | Alert
    | FeedHealth
    | PairReading
    | FundingEvent
    | Velocity
    | CascadeSignal
    | PriceLevels
    | SupportZones
)

TIMES: Final = frozenset(
    {
        "ts",
        "ts_venue",
        "next_funding_ts",
        "open_ts",
        "last_event_ts",
        "gap_from",
        "gap_to",
        "boundary",
        "valid_from",
        "valid_to",
        "valid_until",
        "started_at",
        "detected_at",
        "last_met_at",
        "ended_at",
        "as_of",
        "slot_ts",
        "since",
    }
)
"""Fields that hold UTC ns in structs and ISO text in JSON."""

_encoder: Final = msgspec.msgpack.Encoder()
_fact_decoder: Final[msgspec.msgpack.Decoder[AnyFact]] = msgspec.msgpack.Decoder(AnyFact)
_output_decoder: Final[msgspec.msgpack.Decoder[Output]] = msgspec.msgpack.Decoder(Output)


def encode(item: Fact | Output) -> bytes:
    """Bytes of one fact or output, as kept in logs and compared in tests."""
    return _encoder.encode(item)


def decode_output(data: bytes) -> Output:
    """Observation, reading, cascade or alert from the bytes of `encode`.

    Raises
    ------
    msgspec.DecodeError
        If the bytes are no output.
    """
    return _output_decoder.decode(data)


def decode_fact(data: bytes) -> AnyFact:
    """Fact from the bytes of `encode`.

    Raises
    ------
    msgspec.DecodeError
        If the bytes are no fact.
    """
    return _fact_decoder.decode(data)


def as_map(item: msgspec.Struct) -> dict[str, Any]:
    """Map of a fact or output with its tag `k` first and times as ISO text.

    Examples
    --------
    >>> from clri.model.control import Tick
    >>> tick = Tick(60_000_000_000, None, "MARKET", "clri", "perp", None, "sim", None, False, 60, 60_000_000_000)
    >>> as_map(tick)["k"], as_map(tick)["ts"]
    ('tik', '1970-01-01T00:01:00.000Z')
    """
    fields: dict[str, Any] = {"k": type(item).__struct_config__.tag}
    for name in item.__struct_fields__:
        value = getattr(item, name)
        fields[name] = iso(value) if name in TIMES and value is not None else value
    return fields


def json_line(item: msgspec.Struct) -> bytes:
    """One JSON object of `as_map`, without a line end."""
    return msgspec.json.encode(as_map(item))
