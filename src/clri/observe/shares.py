"""How much of a symbol's open interest each venue holds: weights and coverage of every input."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Final

import msgspec

from clri.maths.ewma import Ewma
from clri.model.control import LISTING, FeedStatus
from clri.model.instrument import Instrument
from clri.model.names import EXCHANGES, Venue
from clri.observe.intake import Intake, When, keep
from clri.observe.state import from_bytes, to_bytes


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the shares.

    Parameters
    ----------
    tau_s
        Time constant of a venue's average open interest, seconds: 24 h.
    """

    tau_s: float = 86_400.0


DEFAULT: Final = Params()

"""Channel whose word `unsupported` means that a venue does not list the symbol."""


class _State(msgspec.Struct, array_like=True):
    boundary: int
    means: dict[str, tuple[float | None, int | None]]
    oi: dict[str, float]
    ends: dict[str, dict[str, tuple[When, int]]]
    unlisted: dict[str, tuple[When, int]]


class OpenInterestShares(Intake):
    """24-h average open interest per venue, moved on once a minute by `update`; implements `Shares`.

    A venue leaves when every perpetual known of it has ended, or when its channel `instruments` says that it does not
    list the symbol (`unsupported`); it returns with a later status of that channel or a listing. `unsupported` on any
    other channel takes that input away and not the venue. A venue without any open interest yet counts as the mean
    of the known ones; if none is known all count the same.

    Parameters
    ----------
    symbol
        Base coin.
    venues
        Venues that are configured; unknown names are passed over.

    Examples
    --------
    >>> shares = OpenInterestShares("BTC", ["okx", "binance", "gate"])
    >>> shares.update(60_000_000_000, {"binance": 3e9, "gate": 1e9})
    >>> [(venue, round(shares.weight(venue), 4), shares.oi_usd(venue)) for venue in shares.enabled()]
    [('binance', 0.5, 3000000000.0), ('okx', 0.3333, None), ('gate', 0.1667, 1000000000.0)]
    """

    def __init__(self, symbol: str, venues: Iterable[str], params: Params = DEFAULT) -> None:
        super().__init__(symbol)
        wanted = set(venues)
        self._params = params
        self._venues: tuple[Venue, ...] = tuple(venue for venue in EXCHANGES if venue in wanted)
        self._means: dict[str, Ewma] = {venue: Ewma(params.tau_s) for venue in self._venues}
        self._oi: dict[str, float] = {}
        self._ends: dict[str, dict[str, tuple[When, int]]] = {}
        self._unlisted: dict[str, tuple[When, int]] = {}
        self._boundary = 0
        self.handlers = {Instrument: self._instrument, FeedStatus: self._status}
        self._settle()

    def enabled(self) -> tuple[Venue, ...]:
        """Venues that should deliver, in the order of `EXCHANGES`."""
        return self._enabled

    def weight(self, venue: Venue) -> float:
        """Share of the average open interest among the enabled venues, 0..1; 0 for others."""
        return self._weights.get(venue, 0.0)

    def oi_usd(self, venue: Venue) -> float | None:
        """Fresh open interest at the last `update`, USD; None if missing."""
        return self._oi.get(venue)

    def update(self, boundary: int, oi_usd: Mapping[str, float]) -> None:
        """Take the fresh open interest (USD) per venue at the end of a minute (ns)."""
        self._boundary = boundary
        self._oi = {venue: oi_usd[venue] for venue in self._venues if venue in oi_usd}
        for venue, usd in self._oi.items():
            self._means[venue].update(boundary, usd)
        self._settle()

    def snapshot(self) -> bytes:
        """State as bytes."""
        means = {venue: mean.state() for venue, mean in self._means.items()}
        return to_bytes(_State(self._boundary, means, self._oi, self._ends, self._unlisted))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._boundary, self._oi = state.boundary, state.oi
        self._ends, self._unlisted = state.ends, state.unlisted
        tau_s = self._params.tau_s
        self._means = {venue: Ewma(tau_s, *state.means.get(venue, (None, None))) for venue in self._venues}
        self._settle()

    def _instrument(self, fact: Instrument, at: When) -> None:
        if fact.market == "perp":
            end = -1 if fact.valid_to is None else fact.valid_to
            keep(self._ends.setdefault(fact.venue, {}), fact.raw or "", (at, end))

    def _status(self, fact: FeedStatus, at: When) -> None:
        if fact.channel == LISTING and fact.symbol == self.symbol:
            keep(self._unlisted, fact.venue, (at, int(fact.state == "unsupported")))

    def _listed(self, venue: Venue) -> bool:
        word = self._unlisted.get(venue)
        if word is not None and word[1]:
            return False
        ends = self._ends.get(venue)
        return not ends or any(end < 0 or end > self._boundary for _, end in ends.values())

    def _settle(self) -> None:
        """Fix the enabled venues and their weights until the next update."""
        self._enabled = tuple(venue for venue in self._venues if self._listed(venue))
        means = {venue: mean for venue in self._enabled if (mean := self._means[venue].get()) is not None}
        unknown = fsum(means.values()) / len(means) if means else 1.0
        sizes = {venue: means.get(venue, unknown) for venue in self._enabled}
        total = fsum(sizes.values())
        if not total > 0.0:
            sizes, total = dict.fromkeys(self._enabled, 1.0), float(len(self._enabled))
        self._weights: dict[Venue, float] = {venue: size / total for venue, size in sizes.items()}
