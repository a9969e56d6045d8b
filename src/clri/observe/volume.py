"""Turnover of a symbol: 24 h on perpetuals and on spot markets, and the last closed hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any, Final, TypeAlias

import msgspec

from clri.engine.operator import Shares
from clri.model.facts import Bar, Ticker
from clri.model.timebase import HOUR, MINUTE
from clri.observe.freshness import evidence_of, fresh
from clri.observe.intake import Intake, When, keep
from clri.observe.state import from_bytes, to_bytes


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the volume.

    Parameters
    ----------
    limit_ns
        Age at which a turnover leaves, ns: 10 min.
    bar_limit_ns
        Age of a closed hour, counted from its end, ns: 2 h (it is polled once an hour).
    """

    limit_ns: int = 10 * MINUTE
    bar_limit_ns: int = 2 * HOUR


DEFAULT: Final = Params()

Turnover: TypeAlias = tuple[When, float]
Hour: TypeAlias = tuple[int, When, float]  # opening time first: the latest hour wins, then the newest word on it


class _State(msgspec.Struct, array_like=True):
    perp: dict[str, Turnover]
    spot: dict[str, Turnover]
    hours: dict[str, Hour]


class Volume(Intake):
    """perp_volume_24h_usd, spot_volume_24h_usd, volume_1h_usd, and the evidence of `volume` (perp) and `spot`.

    Both sums run over the venues of which both turnovers are fresh, so that their ratio compares like with like; with
    less than 0.30 of the weight in such venues both are None. Without a spot market there is no ratio. A ticker
    without USD turnover counts as missing: it is never worked out from coins.

    Parameters
    ----------
    symbol
        Base coin.

    Notes
    -----
    volume_1h_usd is the turnover of the last closed hour on the enabled venue with the largest share among those
    that sent one; a closed hour's age counts from its end.

    Examples
    --------
    >>> from clri.observe.shares import OpenInterestShares
    >>> volume, shares = Volume("BTC"), OpenInterestShares("BTC", ["okx"])
    >>> for market, usd in (("perp", 9e9), ("spot", 2e9)):
    ...     head = (1, None, "BTC", "okx", market, None, "rest", None, False)
    ...     volume.add(Ticker(*head, 100.0, None, usd, None, None, None))
    >>> row = volume.close(MINUTE, shares)
    >>> row["perp_volume_24h_usd"], row["spot_volume_24h_usd"], row["cov_spot"], row["volume_1h_usd"]
    (9000000000.0, 2000000000.0, 1.0, None)
    """

    def __init__(self, symbol: str, params: Params = DEFAULT) -> None:
        super().__init__(symbol)
        self._params = params
        self._perp: dict[str, Turnover] = {}
        self._spot: dict[str, Turnover] = {}
        self._hours: dict[str, Hour] = {}
        self.handlers = {Ticker: self._ticker, Bar: self._bar}

    def close(self, boundary: int, shares: Shares) -> Mapping[str, Any]:
        """Observation fields of the minute that ends at `boundary` (ns)."""
        limit = self._params.limit_ns
        perp = fresh(self._perp, boundary, limit, shares)
        spot = fresh(self._spot, boundary, limit, shares)
        both = {venue: slot for venue, slot in perp.items() if venue in spot}
        row: dict[str, Any] = {"volume_1h_usd": self._last_hour(boundary, shares)}
        row |= evidence_of(perp, boundary, shares).fields("volume")
        row |= evidence_of(spot, boundary, shares).fields("spot")
        if evidence_of(both, boundary, shares).enough:
            row["perp_volume_24h_usd"] = fsum(usd for _, usd in both.values())
            row["spot_volume_24h_usd"] = fsum(spot[venue][1] for venue in both)
        return row

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes(_State(self._perp, self._spot, self._hours))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._perp, self._spot, self._hours = state.perp, state.spot, state.hours

    def _ticker(self, fact: Ticker, at: When) -> None:
        if fact.vol24h_usd is None:
            return
        if fact.market == "perp":
            keep(self._perp, fact.venue, (at, fact.vol24h_usd))
        elif fact.market == "spot":
            keep(self._spot, fact.venue, (at, fact.vol24h_usd))

    def _bar(self, fact: Bar, at: When) -> None:
        if fact.tf == "1h" and fact.closed and fact.vol_usd is not None and fact.market == "perp":
            keep(self._hours, fact.venue, (fact.open_ts, at, fact.vol_usd))

    def _last_hour(self, boundary: int, shares: Shares) -> float | None:
        newest = boundary - HOUR
        oldest = newest - self._params.bar_limit_ns
        known = [venue for venue in shares.enabled() if venue in self._hours]
        known = [venue for venue in known if oldest <= self._hours[venue][0] <= newest]
        return self._hours[max(known, key=shares.weight)][2] if known else None
