"""Bytes of a capture file (VENUES 11).

```
<folder>/<venue>/<YYYY-MM-DD>/<HH>.clrf.zst      UTC hour of receipt; .clrf.gz without zstandard
line    {"format":1,"venue":"okx","hour":"2026-11-20T11:00:00.000Z","adapter":"0.1.0","states":true}
record  u32 length of data, u32 crc32, i64 recv_ns, u16 connection, u16 channel, u8 kind, data      little-endian
```

The crc32 covers everything behind it. Kind: 0 text frame, 1 binary frame, 2 REST reply, 3 control. Data of a control
record is a note as JSON, tagged by `is`. A `channel` note gives an id its name until the next one for that id; for a
REST reply the name is method, path and query ("GET /api/…", body appended for POST); 0 has no name.
"""

import struct
from enum import IntEnum
from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from clri.model.control import FeedStatus
from clri.model.names import MARKET

FORMAT: Final = 1
HEAD: Final = struct.Struct("<IIqHHB")
_SUMMED: Final = struct.Struct("<qHHB")
_FRONT: Final = struct.Struct("<II")
SUM_FROM: Final = _FRONT.size
"""Offset in a record from which the crc32 counts."""

MAX_ID: Final = 0xFFFF
MAX_DATA: Final = 16 << 20


class Kind(IntEnum):
    """What the data of a record are."""

    TEXT = 0
    BINARY = 1
    REPLY = 2
    CONTROL = 3


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """First line of a file. `hour` = ISO text of its start; `adapter` = version of what recorded it.

    `states`: every state of the venue's feeds stands in it as a `Said` note; else states follow from the connections.
    """

    format: int
    venue: str
    hour: str
    adapter: str
    states: bool = False


class Record(NamedTuple):
    """One record: receipt (ns), connection, channel id, kind, bytes."""

    recv_ns: int
    connection: int
    channel: int
    kind: int
    data: bytes


class Note(msgspec.Struct, frozen=True, tag_field="is", omit_defaults=True):
    """Base of what control records say."""


class Named(Note, frozen=True, tag="channel"):
    """From here on the channel id `id` means `name`; told anew in each compressed frame."""

    id: int
    name: str


class Connected(Note, frozen=True, tag="connect"):
    """The record's connection was opened to `url`, for these feeds ("liquidation", …); empty = liquidation.

    `carried`: it was open before the hour began; nothing happened, the note only makes the file complete in itself.
    """

    url: str
    channels: tuple[str, ...] = ()
    carried: bool = False


class Subscribed(Note, frozen=True, tag="subscribe"):
    """Frame that we sent."""

    frame: str


class Acked(Note, frozen=True, tag="ack"):
    """The venue confirmed a subscription, or refused it: then `reason` says why."""

    channel: str | None = None
    symbol: str | None = None
    reason: str | None = None


class Closed(Note, frozen=True, tag="close"):
    """The record's connection ended."""

    code: int | None = None
    reason: str | None = None


class Gap(Note, frozen=True, tag="gap"):
    """Between `start` and `end` (ns; None = still) the channel was not proven alive."""

    channel: str
    start: int
    end: int | None = None
    symbol: str = MARKET
    reason: str | None = None


class Said(Note, frozen=True, tag="status"):
    """The collector told this state of a feed."""

    status: FeedStatus


AnyNote = Named | Connected | Subscribed | Acked | Closed | Gap | Said

header_decoder: Final = msgspec.json.Decoder(Header)
note_decoder: Final = msgspec.json.Decoder(AnyNote)


def pack(record: Record) -> bytes:
    """Bytes of a record.

    Examples
    --------
    >>> data = pack(Record(1, 2, 3, Kind.TEXT, b"pong"))
    >>> len(data) - HEAD.size, unpack(data, 0) == Record(1, 2, 3, 0, b"pong"), unpack(data[:-1] + b"x", 0)
    (4, True, None)
    """
    recv_ns, connection, channel, kind, data = record
    summed = _SUMMED.pack(recv_ns, connection, channel, kind)
    return _FRONT.pack(len(data), crc32(data, crc32(summed))) + summed + data


def unpack(buffer: bytes, at: int) -> Record | None:
    """Record that starts at `at`, or None if none that is sound does."""
    if at + HEAD.size > len(buffer):
        return None
    length, told, recv_ns, connection, channel, kind = HEAD.unpack_from(buffer, at)
    end = at + HEAD.size + length
    if length > MAX_DATA or kind > Kind.CONTROL or end > len(buffer):
        return None
    if crc32(memoryview(buffer)[at + SUM_FROM : end]) != told:
        return None
    return Record(recv_ns, connection, channel, kind, buffer[end - length : end])
