"""What a venue adapter is: frames and replies in, facts out; no socket, no clock, no log (VENUES 4)."""

import re
from collections.abc import Callable, Iterable
from typing import ClassVar, Final, Literal

import msgspec

from clri.collect.instruments import InstrumentTable
from clri.collect.tally import REFUSALS, Tally, reason_of
from clri.model.errors import QuarantineError
from clri.model.facts import Fact
from clri.model.instrument import Instrument
from clri.model.names import Venue

MAX_FRAME: Final = 1 << 20
MAX_REPLY: Final = 8 << 20
HEAD: Final = 400
"""Bytes at the start of a frame in which its channel stands."""


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
    """One REST call to repeat; its reply goes to `VenueMapper.reply` under `path`, the body appended for POST.

    `host` names a base URL of the settings; `weight` counts in the venue's own units. Lower `priority` goes first when
    tokens are short.
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

    @property
    def asked(self) -> str:
        """Method, path and body: the name under which its reply is decoded and recorded."""
        return f"{self.method} {self.path}{'' if self.body is None else ' ' + self.body.decode()}"


Item = Fact | Control
Handler = Callable[[bytes, int], list[Item] | None]
"""Turns a frame and its receipt (UTC ns) into facts and controls, in row order; None = not a channel that is used."""

ReplyHandler = Callable[[bytes, int, str | None], list[Item]]
"""Turns a REST reply, its receipt and the raw symbol of the call (for replies that do not name it) into facts."""

_SYMBOL: Final = re.compile(r'(?:symbol|instId|contract|coin)(?:=|"\s?:\s?")([A-Za-z0-9_:@-]+)')


class VenueMapper:
    """Base of the six venue mappers: picks a handler by a word in the frame, counts the outcome, contains failures.

    One instance per connection, so that merge state (Bybit tickers, books) dies with it. A subclass calls `route`
    with its words and handlers; of the words in a frame, the one that stands first picks the handler.
    A handler returns facts, then controls; it raises `QuarantineError` or `ValueError` for a frame that cannot be
    used, and counts rows that it leaves out with `tally.row_ignored` / `tally.row_quarantined`.

    Parameters
    ----------
    instruments
        Contracts of the venue; a frame about a symbol outside the table is counted, never guessed.
    """

    venue: ClassVar[Venue]
    bootstrap: ClassVar[tuple[Instrument, ...]] = ()
    """Contracts known without the venue's list."""
    pong: ClassVar[bytes | None] = None
    """Answer to our ping, where it is bare text."""
    refused: ClassVar[re.Pattern[bytes]] = re.compile(rb"(?!)")
    """How a reply starts that refuses the call."""
    asked_first: ClassVar[tuple[str, ...]] = ("instruments",)
    """Names of the polls without which nothing can be subscribed to."""
    shared: ClassVar[bool] = False
    """Whether sockets and calls use one mapper: it keeps no state that dies with a socket, and calls teach it."""

    cap_bytes: ClassVar[int] = MAX_REPLY
    """Largest reply that is read."""

    def __init__(self, instruments: InstrumentTable | None = None) -> None:
        self.table = InstrumentTable(self.bootstrap) if instruments is None else instruments
        self.tally = Tally()
        self.route({})

    def route(self, handlers: dict[bytes, Handler]) -> None:
        """Set the handlers of socket frames by the words that pick them."""
        self._handlers = handlers
        self._first_word = re.compile(b"|".join(map(re.escape, handlers)) or b"(?!)").search

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
        word = self._first_word(raw)
        return self._unrouted(raw) if word is None else self.run(self._handlers[word[0]], raw, recv_ns, word[0])

    def run(self, handler: Handler, raw: bytes, recv_ns: int, channel: bytes = b"answer") -> list[Item]:
        """Run one handler over one frame or reply of a channel, and count what came of it."""
        tally = self.tally
        left_out, drift = tally.left_out, tally.drift
        try:
            items = handler(raw, recv_ns)
        except (*REFUSALS, RecursionError) as error:
            tally.quarantined(reason_of(error), raw)
            if tally.drift > drift:
                tally.lasts(channel.decode())
            return []
        if items is None:
            tally.ignored("unused_channel")
            return []
        if not items:
            tally.ignored("no_row_used" if tally.left_out > left_out else "empty")
            if tally.drift > drift:
                tally.lasts(channel.decode())
        elif type(first := items[0]) is Control:
            tally.ignored(f"control_{first.kind}")
        else:
            tally.frames["decoded"] += 1
            if tally.streaks:
                tally.streaks.pop(channel.decode(), None)
        return items

    def reply(self, path: str, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of one REST reply, counted like a frame.

        Parameters
        ----------
        path
            Method, path and query as called; a `symbol=` (instId, contract, coin) in it serves replies that do not
            name their instrument.
        """
        if len(raw) > self.cap_bytes:
            self.tally.quarantined("too_large", raw)
            return []
        if self.refused.match(raw):
            self.tally.quarantined("refused", raw)
            return []
        for part, handler in self.replies():
            if part in path:
                named = _SYMBOL.search(path)
                call = _of_call(handler, named.group(1) if named else None)
                return self.run(call, raw, recv_ns, f"rest {part}".encode())
        return self._unrouted(raw)

    def _unrouted(self, raw: bytes) -> list[Item]:
        if self.pong is not None and raw.strip() == self.pong:
            self.tally.ignored("control_pong")
            return [Control("pong")]
        try:
            msgspec.json.decode(raw, type=msgspec.Raw)
        except (ValueError, RecursionError):
            self.tally.quarantined("malformed", raw)
        else:
            self.tally.ignored("unused_channel")
        return []

    def instruments(self, raw: bytes, recv_ns: int = 0) -> list[Instrument]:
        """Contracts in a reply of the venue's instrument endpoint; those that do not count are counted.

        Raises
        ------
        QuarantineError
            If the reply says failure or holds no list.
        """
        try:
            return self.contracts(raw, recv_ns)
        except (ValueError, RecursionError) as error:
            raise QuarantineError("schema", f"no list of contracts: {error}") from error

    def contracts(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """As `instruments`; a text that cannot be decoded raises `ValueError`."""
        raise NotImplementedError

    def listed(self, raw: bytes, recv_ns: int, _symbol: str | None = None) -> list[Item]:
        """Handler of the instrument endpoint's reply: its contracts count from now on."""
        found = self.contracts(raw, recv_ns)
        self.table.update(found)
        return [*found]

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets to open for these base coins."""
        raise NotImplementedError

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls to repeat for these base coins."""
        raise NotImplementedError

    def lists(self) -> list[Poll]:
        """REST calls that tell what the venue lists, to be made before anything is subscribed to."""
        return [poll for poll in self.polls(()) if poll.name in self.asked_first]

    def more(self, poll: Poll, raw: bytes) -> Poll | None:  # noqa: ARG002 - most lists have one page
        """Call for the page after this reply of one of `lists`; None after the last."""
        return None

    def history(self, symbols: Iterable[str], now: int) -> list[Poll]:  # noqa: ARG002 - not every venue has one
        """REST calls that tell the days before `now` (ns) of these base coins, to be made once."""
        return []

    def hourly(self, symbols: Iterable[str]) -> list[Poll]:  # noqa: ARG002 - not every venue has them
        """REST calls for the last closed hour bar of these base coins."""
        return []

    def gap(self, start: int) -> list[Poll]:  # noqa: ARG002 - not every venue keeps them
        """REST calls for the liquidations since `start` (ns), to be made once after a gap."""
        return []

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of REST replies by a part of their path; the first that the path contains wins."""
        raise NotImplementedError


def _of_call(handler: ReplyHandler, symbol: str | None) -> Handler:
    return lambda raw, recv_ns: handler(raw, recv_ns, symbol)
