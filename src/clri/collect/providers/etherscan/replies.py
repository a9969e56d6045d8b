"""Etherscan's replies: rows of events and of transfers as one kind of row, in whole units of the token.

Numbers come as text: hexadecimal in events (`0x` alone is 0), decimal in transfers.
"""

import re
from typing import Final

import msgspec

from clri.collect import checks
from clri.collect.providers.etherscan.tokens import KINDS, ZERO, Kind
from clri.model.errors import QuarantineError

MOST_BLOCK: Final = 10**10
MOST_UNITS: Final = 10**20
"""A hundred trillion tokens of 6 decimals: no supply is near."""
_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
_HEX: Final = re.compile(r"0x[0-9a-f]{0,64}")
_PADDED: Final = re.compile(r"0x0{24}([0-9a-f]{40})")
_DIGITS: Final = re.compile(r"[0-9]{1,40}", re.ASCII)


class Envelope(msgspec.Struct, gc=False):
    """Around every reply: `status` "1" is success, "0" is failure or nothing found; both missing for `proxy` calls."""

    result: msgspec.Raw = msgspec.Raw(b"null")
    status: str | int | None = None
    message: str | None = None


class Log(msgspec.Struct, gc=False):
    """Row of `logs`, `getLogs`."""

    address: str
    topics: list[str]
    data: str
    blockNumber: str  # noqa: N815 - the service's spelling
    timeStamp: str  # noqa: N815
    logIndex: str  # noqa: N815
    transactionHash: str  # noqa: N815


class Transfer(msgspec.Struct, gc=False):
    """Row of `account`, `tokentx`; it has no index of the event."""

    contractAddress: str  # noqa: N815
    blockNumber: str  # noqa: N815
    timeStamp: str  # noqa: N815
    hash: str
    sender: str = msgspec.field(name="from")
    to: str
    value: str


class Move(msgspec.Struct, frozen=True, gc=False):
    """One transfer, mint or burn: `units` are the token's smallest, `ts` is the block's time (UTC ns)."""

    contract: str
    kind: Kind
    sender: str
    to: str
    units: int
    tx: str
    log_index: int | None
    block: int
    ts: int


ENVELOPE: Final = msgspec.json.Decoder(Envelope)
TEXT: Final = msgspec.json.Decoder(str)
LOG: Final = msgspec.json.Decoder(Log)
TRANSFER: Final = msgspec.json.Decoder(Transfer)


def of_log(text: msgspec.Raw) -> Move:
    """Event as a move.

    Issue and Redeem name no holder: the contract stands in for it, beside the zero address.
    """
    row = LOG.decode(text)
    contract, topics = _address(row.address), [topic.lower() for topic in row.topics]
    kind = KINDS.get(topics[0]) if topics else None
    if kind is None:
        raise QuarantineError("schema", f"event had the topics {topics[:1]}; expected Transfer, Issue or Redeem")
    if kind == "transfer":
        if len(topics) != 3:  # noqa: PLR2004 - signature, sender, receiver
            raise QuarantineError("schema", f"a Transfer had {len(topics)} topics; expected 3")
        sender, to = _padded(topics[1]), _padded(topics[2])
    else:
        sender, to = (ZERO, contract) if kind == "issue" else (contract, ZERO)
    return Move(
        contract,
        kind,
        sender,
        to,
        _units(hexadecimal(row.data)),
        _hash(row.transactionHash),
        hexadecimal(row.logIndex),
        _block(hexadecimal(row.blockNumber)),
        checks.seconds(hexadecimal(row.timeStamp)),
    )


def of_transfer(text: msgspec.Raw) -> Move:
    """Row of `tokentx` as a move."""
    row = TRANSFER.decode(text)
    return Move(
        _address(row.contractAddress),
        "transfer",
        _address(row.sender),
        _address(row.to),
        _units(_decimal(row.value)),
        _hash(row.hash),
        None,
        _block(_decimal(row.blockNumber)),
        checks.seconds(_decimal(row.timeStamp)),
    )


def hexadecimal(text: str) -> int:
    """Number of a hexadecimal text.

    Examples
    --------
    >>> hexadecimal("0x1F"), hexadecimal("0x")
    (31, 0)
    """
    low = text.lower()
    if not _HEX.fullmatch(low):
        raise QuarantineError("number", f"{text[:40]!r} is no hexadecimal number of at most 64 digits")
    return int(low, 16) if len(low) > 2 else 0  # noqa: PLR2004 - `0x`


def _decimal(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise QuarantineError("number", f"{text[:40]!r} is no whole number")
    return int(text)


def _units(value: int) -> int:
    if 0 <= value < MOST_UNITS:
        return value
    raise QuarantineError("range", f"amount was {value} units; expected at least 0 and below {MOST_UNITS}")


def _block(value: int) -> int:
    if 0 < value < MOST_BLOCK:
        return value
    raise QuarantineError("range", f"block was {value}; expected above 0 and below {MOST_BLOCK}")


def _hash(text: str) -> str:
    low = text.lower()
    if _HASH.fullmatch(low):
        return low
    raise QuarantineError("schema", f"{text[:80]!r} is no hash of a transaction")


def _address(text: str) -> str:
    low = text.lower()
    if _ADDRESS.fullmatch(low):
        return low
    raise QuarantineError("schema", f"{text[:60]!r} is no address")


def _padded(topic: str) -> str:
    found = _PADDED.fullmatch(topic)
    if found is None:
        raise QuarantineError("schema", f"{topic[:80]!r} holds no address")
    return f"0x{found[1]}"
