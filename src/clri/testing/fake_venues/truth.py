"""Which liquidations the fake venues told, to whom and when, and which they did not tell, and why."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO

import msgspec

from clri.collect.simulate.throttle import Unsent
from clri.collect.simulate.voice import Sent, Told
from clri.model.names import Side, Venue


class Row(msgspec.Struct, frozen=True):
    """One liquidation in one frame that was sent.

    `number` = id of the order in the market; `price`, `qty`, `usd`, `at` (the venue's time, ns) = what its frame must
    be decoded to; `socket` = number of the connection; `sent_ns` = time of sending; `fault` = what was done to the
    frame, empty if nothing.
    """

    venue: Venue
    number: int
    symbol: str
    side: Side
    price: float
    qty: float
    usd: float
    at: int
    backfill: bool
    socket: int
    sent_ns: int
    fault: str = ""


class Withheld(msgspec.Struct, frozen=True):
    """An order that was not told: `reason` is the venue's throttle, `nobody` (no subscriber), or a fault."""

    venue: Venue
    number: int
    reason: str


class Truth:
    """All that was sent and all that was not.

    Parameters
    ----------
    path
        JSON lines of the rows, written as they arise; None: kept in memory only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.sent: list[Row] = []
        self._reasons: dict[tuple[Venue, int], str] = {}
        self._due: dict[tuple[Venue, int], None] = {}
        self._seen: set[tuple[Venue, int]] = set()
        self._file: IO[bytes] | None = None if path is None else path.open("wb")

    def told(self, sent: Iterable[Sent], socket: int, now_ns: int, fault: str) -> None:
        """Note the liquidations of a frame that goes out."""
        for one in sent:
            what = (one.price, one.qty, one.usd, one.at, one.backfill)
            row = Row(one.venue, one.number, one.symbol, one.side, *what, socket, now_ns, fault)
            self.sent.append(row)
            self._seen.add((one.venue, one.number))
            if self._file is not None:
                self._file.write(msgspec.json.encode(row) + b"\n")

    def lost(self, sent: Iterable[Sent], fault: str) -> None:
        """Note the liquidations of a frame that a fault keeps back."""
        for one in sent:
            self._reasons[one.venue, one.number] = fault

    def withheld(self, venue: Venue, unsent: Iterable[Unsent]) -> None:
        """Note orders that the venue's throttle keeps back."""
        for one in unsent:
            self._reasons[venue, one.order.number] = one.reason

    def due(self, told: Iterable[Told]) -> None:
        """Note orders that stand in frames, sent or not."""
        for frame in told:
            self._due.update(((one.venue, one.number), None) for one in frame.sent)

    @property
    def unsent(self) -> list[Withheld]:
        """Orders of the time that is over that nobody was told of, by venue and number."""
        reasons = dict.fromkeys(self._due, "nobody") | self._reasons
        return [Withheld(*key, reason) for key, reason in sorted(reasons.items()) if key not in self._seen]

    def numbers(self, venue: Venue) -> set[int]:
        """Orders of a venue that were told at least once."""
        return {number for name, number in self._seen if name == venue}

    def close(self) -> None:
        """Write the orders that were not told, and close the file."""
        if self._file is not None:
            for row in self.unsent:
                self._file.write(msgspec.json.encode(row) + b"\n")
            self._file.close()
            self._file = None
