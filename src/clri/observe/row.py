"""The row of one symbol, minute by minute: owns the accumulators, and sorts out what is early or late."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import msgspec

from clri.engine.operator import Accumulator
from clri.engine.snapshot import pack, unpack
from clri.model.codec import AnyFact
from clri.model.errors import SnapshotError
from clri.model.facts import Fact
from clri.model.names import EXCHANGES, MARKET, Mode
from clri.model.observation import Observation
from clri.model.timebase import MINUTE
from clri.observe.depth import BookDepth
from clri.observe.funding import Funding
from clri.observe.intake import Handler, is_second, speaks_of
from clri.observe.liquidations import Liquidations
from clri.observe.long_short import LongShort
from clri.observe.open_interest import OpenInterestTotals
from clri.observe.price import Price
from clri.observe.shares import OpenInterestShares
from clri.observe.stablecoins import Stablecoins
from clri.observe.state import from_bytes, to_bytes
from clri.observe.volume import Volume

STATE: Final = 2
"""Version of the saved state; raise it when the state of any part changes."""


class Part(Accumulator, Protocol):
    """An accumulator that tells which method takes which kind of fact."""

    handlers: Mapping[type[Fact], Handler]


class _Flow(msgspec.Struct, array_like=True):
    closed: int
    late: dict[str, int]
    pending: list[AnyFact]


class RowBuilder:
    """Observation rows of one symbol from its facts; MARKET has the stablecoin row, every coin the rest.

    A row holds the facts received at or before its end, in whatever order they came. A fact received after the coming
    boundary waits for its own row. One received at or before a boundary that is already closed is late: it is counted
    in `late`, a liquidation or transfer joins the coming row, any other value counts if it is its venue's newest.
    Until the first `close` every fact waits, since the first boundary is not known before.

    Parameters
    ----------
    symbol
        Base coin, or MARKET.
    mode
        Written into each row.
    venues
        Exchanges that are configured; facts of other exchanges are passed over.

    Attributes
    ----------
    late : dict
        Number of late facts so far by their kind (`k` of CONTRACTS 1: mkf, oi, liq, …).

    Examples
    --------
    >>> from clri.model.facts import OpenInterest
    >>> builder = RowBuilder("BTC", "live", ["okx"])
    >>> head = ("BTC", "okx", "perp", None, "rest", None, False)
    >>> builder.add(OpenInterest(MINUTE, None, *head, 10.0, None, 5.0, None, None))
    >>> builder.add(OpenInterest(MINUTE + 1, None, *head, 12.0, None, 5.0, None, None))
    >>> [builder.close(minute * MINUTE).oi_usd for minute in (1, 2)]
    [50.0, 60.0]
    >>> builder.add(OpenInterest(MINUTE, None, *head, 11.0, None, 5.0, None, None))
    >>> builder.late, builder.close(3 * MINUTE).oi_base
    ({'oi': 1}, 12.0)
    """

    def __init__(self, symbol: str, mode: Mode, venues: Iterable[str]) -> None:
        wanted = set(venues)
        self.symbol = symbol
        self.late: dict[str, int] = {}
        self.shares = OpenInterestShares(symbol, wanted)
        self._mode: Mode = mode
        self._foreign = frozenset(EXCHANGES) - wanted
        self._closed = -1
        self._horizon = -1  # end of the coming row
        self._pending: list[Fact] = []
        self._open_interest = OpenInterestTotals(symbol)
        self.parts: dict[str, Part] = {"stablecoins": Stablecoins(symbol)}
        if symbol != MARKET:
            self.parts = {
                "price": Price(symbol),
                "funding": Funding(symbol),
                "open_interest": self._open_interest,
                "volume": Volume(symbol),
                "liquidations": Liquidations(symbol),
                "depth": BookDepth(symbol),
                "long_short": LongShort(symbol),
            }
        takers: dict[type[Fact], tuple[Handler, ...]] = {}
        for handlers in (self.shares.handlers, *(part.handlers for part in self.parts.values())):
            for kind, handler in handlers.items():
                takers[kind] = (*takers.get(kind, ()), handler)
        self._takers = takers
        self._fingerprint = f"row-{STATE} {symbol} {mode} {','.join(v for v in EXCHANGES if v in wanted)}"

    def add(self, fact: Fact) -> None:
        """Take one fact in order of receipt; O(1)."""
        takers = self._takers.get(type(fact))
        if takers is None or fact.venue in self._foreign:
            return
        if (fact.symbol != self.symbol or fact.backfill) and not speaks_of(fact, self.symbol):
            return
        raw = fact.raw
        if raw is not None and ("USDC" in raw or raw.endswith("PERP")) and is_second(fact):
            return
        ts = fact.ts
        if ts > self._horizon:
            self._pending.append(fact)
            return
        if ts <= self._closed:
            kind = str(type(fact).__struct_config__.tag)
            self.late[kind] = self.late.get(kind, 0) + 1
        said = fact.ts_venue  # `when`, written out: this is the hot path
        at = (ts if said is None or said > ts else said, 1 if fact.src == "ws" else 0, ts)
        for take in takers:
            take(fact, at)

    def second(self, boundary: int) -> None:
        """A second has passed (ns)."""
        for part in self.parts.values():
            part.second(boundary)

    def close(self, boundary: int) -> Observation:
        """Row of the minute that ends at `boundary` (ns).

        Raises
        ------
        ValueError
            If it is no whole minute, or the minute or a later one is already closed.
        """
        if boundary <= self._closed or boundary % MINUTE:
            raise ValueError(f"boundary of {self.symbol} was {boundary}; expected a whole minute after {self._closed}")
        self._release(boundary)
        self.shares.update(boundary, self._open_interest.usd(boundary))
        fields: dict[str, Any] = {}
        for part in self.parts.values():
            fields |= part.close(boundary, self.shares)
        self._closed = boundary
        self._release(boundary + MINUTE)
        return Observation(ts=boundary, symbol=self.symbol, mode=self._mode, **fields)

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        flow = to_bytes(_Flow(self._closed, self.late, self._pending))  # type: ignore[arg-type]
        parts = {name: part.snapshot() for name, part in self.parts.items()}
        return pack(self._fingerprint, {"flow": flow, "shares": self.shares.snapshot()} | parts)

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If the bytes are damaged, or of another version, symbol, mode or set of venues.
        """
        saved = unpack(self._fingerprint, data)
        if saved.keys() != {"flow", "shares", *self.parts}:
            raise SnapshotError(f"saved row of {self.symbol} holds {sorted(saved)}; expected {sorted(self.parts)}")
        flow = from_bytes(saved["flow"], _Flow)
        self._closed, self.late, self._pending = flow.closed, flow.late, list(flow.pending)
        self._horizon = -1 if flow.closed < 0 else flow.closed + MINUTE
        self.shares.restore(saved["shares"])
        for name, part in self.parts.items():
            part.restore(saved[name])

    def _release(self, horizon: int) -> None:
        """Let facts received up to `horizon` (ns) into the coming row."""
        self._horizon = horizon
        waiting, self._pending = self._pending, []
        for fact in waiting:
            self.add(fact)
