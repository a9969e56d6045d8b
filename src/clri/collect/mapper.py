"""What a venue adapter is: frames and replies in, facts out; no socket, no clock, no log (VENUES 4)."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar, Final, Literal, Protocol

import msgspec

from clri.collect.instruments import InstrumentTable
from clri.collect.tally import Tally
from clri.model.errors import QuarantineError
from clri.model.facts import Fact
from clri.model.instrument import Instrument
from clri.model.names import Venue

MAX_FRAME: Final = 1 << 20
MAX_REPLY: Final = 8 << 20
HEAD: Final = 400
"""Bytes in which a frame's route is looked for first."""


class Control(msgspec.Struct, frozen=True, gc=False):
    """What a frame says about the connection itself; never published."""

    kind: Literal["ack", "nack", "pong", "notice", "book_invalid"]
    channel: str | None = None
    symbol: str | None = None
    reason: str | None = None


class Ping(msgspec.Struct, frozen=True):
    """Heartbeat the venue wants from us: `payload` every `period_s`; payload None = protocol ping only."""

    period_s: float
    payload: bytes | None = None


class Expect(msgspec.Struct, frozen=True):
    """A channel that must deliver: `max_silence_s` None = sparse, judged against other venues."""

    channel: str
    symbol: str | None
    max_silence_s: float | None


class Conn(msgspec.Struct, frozen=True):
    """One socket to open: its path below the venue's base URL, the frames to send, and what to expect of it."""

    url: str
    headers: dict[str, str]
    frames: list[bytes]
    ping: Ping
    expect: list[Expect]


class Poll(msgspec.Struct, frozen=True):
    """One REST call to repeat.

    `host` names a base URL of the settings (`rest`, `spot`). The reply goes to `VenueMapper.reply` under `path`
    (with the body appended for POST). Lower `priority` goes first when tokens are short.
    """

    name: str
    host: Literal["rest", "spot"]
    method: Literal["GET", "POST"]
    path: str
    body: bytes | None
    weight: int
    every_s: float
    priority: int
    cap_bytes: int = MAX_REPLY


Item = Fact | Control
Handler = Callable[[bytes, int], Iterable[Item]]
_SYMBOL: Final = re.compile(r'(?:symbol|instId|contract|coin)(?:=|"\s?:\s?")([A-Za-z0-9_:@-]+)')


class ReplyHandler(Protocol):
    """Turns one REST reply into facts; `symbol` is the raw symbol of the call, for replies that do not name it."""

    def __call__(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        """Facts of the reply."""


class VenueMapper:
    """Base of the six venue mappers: picks a handler by a word in the frame, counts the outcome, contains failures.

    One instance per connection, so that merge state (Bybit tickers, books) dies with it. A subclass fills `routes`
    with (word, handler) pairs; the first word found in the frame's head (then anywhere) picks the handler.
    A handler returns facts and controls; it raises `QuarantineError` or `ValueError` for a frame that cannot be
    used, and counts rows that it leaves out with `tally.row_ignored` / `tally.row_quarantined`.

    Parameters
    ----------
    instruments
        Contracts of the venue; a frame about a symbol outside the table is counted, never guessed.
    """

    venue: ClassVar[Venue]
    bootstrap: ClassVar[tuple[Instrument, ...]] = ()

    def __init__(self, instruments: InstrumentTable | None = None) -> None:
        self.table = InstrumentTable(self.bootstrap) if instruments is None else instruments
        self.tally = Tally()
        self.routes: tuple[tuple[bytes, Handler], ...] = ()

    def decode(self, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts and controls of one frame, in row order; deterministic in the frames so far.

        Parameters
        ----------
        raw
            The frame as received.
        recv_ns
            Receipt, UTC ns.

        Returns
        -------
        list
            Empty if the frame was ignored or quarantined; the tally says which and why.
        """
        if len(raw) > MAX_FRAME:
            self.tally.quarantined("too_large", raw)
            return []
        head = raw[:HEAD]
        for word, handler in self.routes:
            if word in head:
                return self.run(handler, raw, recv_ns)
        for word, handler in self.routes if len(raw) > HEAD else ():
            if word in raw:
                return self.run(handler, raw, recv_ns)
        self._unrouted(raw)
        return []

    def run(self, handler: Handler, raw: bytes, recv_ns: int) -> list[Item]:
        """Run one handler over one frame or reply, and count what came of it."""
        left_out = self.tally.left_out
        try:
            items = list(handler(raw, recv_ns))
        except QuarantineError as error:
            self.tally.quarantined(error.reason, raw)
            return []
        except msgspec.ValidationError:
            self.tally.quarantined("schema", raw)
            return []
        except (ValueError, RecursionError, OverflowError):
            self.tally.quarantined("malformed", raw)
            return []
        for item in items:
            if isinstance(item, Fact):
                self.tally.frames["decoded"] += 1
                return items
        if items:
            self.tally.ignored(f"control_{items[0].kind}")  # type: ignore[union-attr]
        else:
            self.tally.ignored("no_row_used" if self.tally.left_out > left_out else "empty")
        return items

    def reply(self, path: str, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of one REST reply, counted like a frame.

        Parameters
        ----------
        path
            Method, path and query as called; a `symbol=` (instId, contract, coin) in it serves replies that do not
            name their instrument.
        """
        if len(raw) > MAX_REPLY:
            self.tally.quarantined("too_large", raw)
            return []
        for part, handler in self.replies():
            if part in path:
                named = _SYMBOL.search(path)
                return self.run(partial(handler, symbol=named.group(1) if named else None), raw, recv_ns)
        self._unrouted(raw)
        return []

    def _unrouted(self, raw: bytes) -> None:
        try:
            msgspec.json.decode(raw, type=msgspec.Raw)
        except (ValueError, RecursionError):
            self.tally.quarantined("malformed", raw)
        else:
            self.tally.ignored("unused_channel")

    def instruments(self, raw: bytes, recv_ns: int = 0) -> list[Instrument]:
        """Contracts in a reply of the venue's instrument endpoint.

        Raises
        ------
        QuarantineError
            If the reply says failure or holds no list.
        """
        raise NotImplementedError

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets to open for these base coins."""
        raise NotImplementedError

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls to repeat for these base coins."""
        raise NotImplementedError

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of REST replies by a part of their path; the first that the path contains wins."""
        raise NotImplementedError
