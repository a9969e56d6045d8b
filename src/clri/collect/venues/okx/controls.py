"""What OKX says about the connection itself."""

from clri.collect.mapper import Control
from clri.collect.venues.okx import decoders
from clri.collect.venues.okx.frames import Arg


def event(raw: bytes) -> Control | None:
    """Confirmation, refusal or notice of an upcoming close (code 64008: rotate now); None for other events."""
    found = decoders.EVENT.decode(raw)
    arg = found.arg or Arg()
    said = f"{found.code} {found.msg}".strip()
    match found.event:
        case "subscribe":
            return Control("ack", arg.channel, arg.inst_id)
        case "error":
            return Control("nack", arg.channel or None, arg.inst_id, said)
        case "notice":
            return Control("notice", reason=said)
    return None
