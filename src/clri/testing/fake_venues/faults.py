"""What can be made to go wrong, where, and for how long (VENUES 10)."""

from collections.abc import Iterator
from typing import Final

import msgspec

from clri.collect.simulate.view import CLEAR, Lens
from clri.collect.simulate.voice import Topic

WIRE: Final = frozenset({"reset", "refuse", "drip", "blackhole", "heartbeat_only"})
"""Of connections. `reset` cuts once what is open; `refuse` closes the port; `drip` sends `value` bytes a second
(1000); `blackhole` and `heartbeat_only` keep frames back, the first also answers and pongs."""
TIMING: Final = frozenset({"duplicates", "reorder", "late", "sequence_gap"})
"""Of the order of frames. `duplicates` sends a share (.1) twice; `reorder` holds each up to `value` s (30); `late`
holds a share (.1) for `value` s (600); `sequence_gap` leaves out a share (.05)."""
DAMAGE: Final = frozenset(
    {"single", "crossed", "truncated", "binary", "bad_utf8", "nan", "huge", "empty", "nesting", "oversized", "renamed"}
)
"""Of what stands in a frame, or with `path` in a reply. `single` = a list of one row
comes as the row (Gate before 2026-08-20); `huge` = 1e999; `nesting` `value` levels deep (100,000);
`oversized` = `value` bytes (2 MiB)."""
LENS: Final = frozenset({"price_x10", "oi_contracts", "micro", "clock"})
"""Of a whole venue. `micro` = times in microseconds; `clock` = its clock off by `value` s (300)."""
REST: Final = frozenset({"status", "html", "gzip_bomb"})
"""Of replies. `status` = HTTP status `value`; `html` = a login page with 200; `gzip_bomb` = `value` MB (100) packed."""
KINDS: Final = WIRE | TIMING | DAMAGE | LENS | REST
SHARES: Final = {"duplicates": 0.1, "late": 0.1, "sequence_gap": 0.05}
VALUES: Final = {
    "drip": 1000.0,
    "reorder": 30.0,
    "late": 600.0,
    "nesting": 100_000.0,
    "oversized": float(2 << 20),
    "clock": 300.0,
    "status": 503.0,
    "gzip_bomb": 100.0,
}


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that goes wrong.

    Attributes
    ----------
    kind
        One of KINDS.
    venue
        Venue or data service; None = all.
    channel, symbol, socket
        Topics (the venue's own words; `symbol` also the coin alone) and connections concerned; None = all.
    path
        Part of the path of the calls concerned; None = all for faults of replies, and none for damage.
    share
        Share of the frames or calls, 0 to 1; None = the default of the kind.
    value
        Of the kind; None = its default.
    retry_after
        Header of a refusal, in s.
    for_s
        Ends by itself after so many seconds of the market; None = until `clear`.
    """

    kind: str
    venue: str | None = None
    channel: str | None = None
    symbol: str | None = None
    socket: int | None = None
    path: str | None = None
    share: float | None = None
    value: float | None = None
    retry_after: float | None = None
    for_s: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"fault was {self.kind!r}; expected one of {', '.join(sorted(KINDS))}")
        if self.share is not None and not 0.0 <= self.share <= 1.0:
            raise ValueError(f"share was {self.share}; expected 0 to 1")

    @property
    def part(self) -> float:
        """Share of the frames that are concerned."""
        return SHARES.get(self.kind, 1.0) if self.share is None else self.share

    @property
    def amount(self) -> float:
        """Value, or the default of the kind."""
        return VALUES.get(self.kind, 0.0) if self.value is None else self.value

    def frame(self, topic: Topic, socket: int) -> bool:
        """Whether it concerns a topic on a connection."""
        if self.path is not None or self.channel not in {None, topic.channel} or self.socket not in {None, socket}:
            return False
        return (
            self.symbol is None
            or topic.name == self.symbol
            or topic.name.startswith((f"{self.symbol}-", f"{self.symbol}_", f"{self.symbol}USD"))
        )

    def call(self, path: str) -> bool:
        """Whether it concerns a REST call."""
        return (self.kind in REST and self.path is None) or (self.path is not None and self.path in path)


class Faults:
    """Faults that are active.

    Notes
    -----
    Times are seconds of the market's clock.
    """

    def __init__(self) -> None:
        self._active: list[tuple[Fault, float | None]] = []

    def add(self, fault: Fault, now: float) -> None:
        """Let it begin."""
        self._active.append((fault, None if fault.for_s is None else now + fault.for_s))

    def clear(self, kind: str | None = None) -> None:
        """End all, or all of a kind."""
        self._active = [] if kind is None else [one for one in self._active if one[0].kind != kind]

    def of(self, venue: str, now: float, kinds: frozenset[str] = KINDS) -> Iterator[Fault]:
        """Active faults of a venue."""
        if any(until is not None and until <= now for _, until in self._active):
            self._active = [one for one in self._active if one[1] is None or one[1] > now]
        for fault, _ in self._active:
            if fault.venue in {None, venue} and fault.kind in kinds:
                yield fault

    def lens(self, venue: str, now: float) -> Lens:
        """What the venue gets wrong."""
        found = CLEAR
        for fault in self.of(venue, now, LENS):
            match fault.kind:
                case "price_x10":
                    found = found._replace(price=10.0)
                case "oi_contracts":
                    found = found._replace(contracts=True)
                case "micro":
                    found = found._replace(micro=True)
                case _:
                    found = found._replace(shift_ms=round(fault.amount * 1000.0))
        return found
