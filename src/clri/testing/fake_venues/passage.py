"""What the active faults make of one frame on its way out."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from clri.collect.simulate.chance import unit
from clri.collect.simulate.voice import Json, Told
from clri.testing.fake_venues.damage import FORMS, spoilt
from clri.testing.fake_venues.faults import DAMAGE, Fault
from clri.testing.fake_venues.protocol import encode

KEPT_BACK: Final = frozenset({"blackhole", "heartbeat_only", "sequence_gap"})


class Passage(NamedTuple):
    """Bytes to send, whether as text, after how many ms, how often; `fault` = what was done, `lost` = nothing goes."""

    raw: bytes
    text: bool = True
    delay_ms: int = 0
    copies: int = 1
    fault: str = ""
    lost: bool = False


def passage(told: Told, frame: Json, venue: str, socket: int, active: Iterable[Fault]) -> Passage:
    """Let a frame through the faults that concern its topic and connection.

    Parameters
    ----------
    told
        The frame as the venue tells it, for its time.
    frame
        The same as this connection gets it.
    active
        Faults of the venue.

    Notes
    -----
    Which frames a share concerns is hashed from the time of the frame, its topic and the connection.
    """
    found = Passage(b"")
    damage: list[Fault] = []
    for number, fault in enumerate(active):
        if not fault.frame(told.topic, socket) or _chance(told, socket, number) >= fault.part:
            continue
        if fault.kind in KEPT_BACK:
            return Passage(b"", fault=fault.kind, lost=True)
        match fault.kind:
            case "duplicates":
                found = found._replace(copies=2)
            case "reorder":
                found = found._replace(delay_ms=round(_chance(told, socket, -1) * fault.amount * 1000.0))
            case "late":
                found = found._replace(delay_ms=round(fault.amount * 1000.0))
            case kind if kind in FORMS:
                frame = FORMS[kind](frame)
            case kind if kind in DAMAGE:
                damage.append(fault)
            case _:
                continue
        found = found._replace(fault=fault.kind)
    raw, text = encode(frame), True
    for fault in damage:
        raw, text = spoilt(raw, fault.kind, venue, fault.amount)
    return found._replace(raw=raw, text=text)


def _chance(told: Told, socket: int, number: int) -> float:
    return unit(told.at, hash_of(told), socket, number)


def hash_of(told: Told) -> int:
    """Number of a frame's topic and content, the same in every run."""
    first = told.sent[0].number if told.sent else 0
    return int.from_bytes(f"{told.topic.channel} {told.topic.name}".encode()[:48].rjust(8), "big") + first
