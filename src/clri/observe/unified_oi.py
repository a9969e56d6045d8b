"""Unified open interest: every contract of a coin on every venue, made comparable and added up (SCORES 9)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final

import msgspec

from clri.engine.snapshot import pack, unpack
from clri.model.control import FeedStatus
from clri.model.facts import Fact, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import EXCHANGES, MARKET
from clri.model.timebase import MINUTE, SECOND
from clri.model.unified_oi import (
    CATEGORIES,
    Category,
    OiCategory,
    OiExchange,
    OiFailure,
    OiMarket,
    OiSnapshot,
    OiTotals,
    OiValidation,
)
from clri.observe.intake import when
from clri.observe.oi_contract import OiContract
from clri.observe.state import from_bytes, to_bytes

NO_INVERSE: Final = "inverse (coin-margined) contracts are not collected: usd_inverse is unknown, totals leave it out"


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the unified open interest.

    Parameters
    ----------
    limit_ns
        Age at which a contract's open interest, and a mark that values it, leave, ns: 15 min.
    volume_limit_ns
        Age at which a 24-h turnover leaves, ns: 10 min.
    least_exchanges
        Venues that must answer for the validation to pass.
    """

    limit_ns: int = 15 * MINUTE
    volume_limit_ns: int = 10 * MINUTE
    least_exchanges: int = 4


DEFAULT: Final = Params()


class _State(msgspec.Struct, array_like=True):
    contracts: dict[str, dict[str, OiContract]]
    feeds: dict[str, dict[str, str]]


class UnifiedOpenInterest:
    """Keeps the newest facts of every contract of the tracked coins; says the unified open interest at any time.

    Parameters
    ----------
    symbols
        Base coins that are kept; facts of others are passed over.
    venues
        Venues that are expected to answer.

    Notes
    -----
    oi_usd = coins * the contract's own mark; inverse: USD = contracts * contract size, coins = USD / own mark. While no
    mark of the last 15 min is known, the USD that the fact gave stand in. Percentages are shares of the total USD.
    funding_rate (per 8 h) and apr of a venue, and of the total, are means weighted by open interest in USD over the
    contracts whose rate is fresh. Turnover sums the contracts that give it; None if none does. Source: SCORES 9.
    Warm-up: none. A venue without a fresh, valued open interest is named in `failed_details` with the reason: that of
    the caller, else the state of its feed, else what is missing. History rows and back-fill never enter.

    Examples
    --------
    >>> keeper = UnifiedOpenInterest(["BTC"], ["binance", "okx"])
    >>> head = ("BTC", "binance", "perp", "BTCUSDT", "rest", None, False)
    >>> keeper.take(OpenInterest(MINUTE, None, *head, 88_500.0, None, None, None, None))
    >>> keeper.take(
    ...     MarkFunding(MINUTE, None, *head, 103_120.0, None, 0.00011, 8.0, 0.00011, 0.12045, None, None, "current")
    ... )
    >>> found = keeper.snapshot_of("BTC", 2 * MINUTE)
    >>> found.aggregated_oi.total_usd, found.exchange_breakdown[0].oi_percentage
    (9126120000.0, 100.0)
    >>> [(failure.exchange, failure.reason) for failure in found.validation_summary.failed_details]
    [('okx', 'no open interest received')]
    """

    def __init__(self, symbols: Iterable[str], venues: Sequence[str] = EXCHANGES, params: Params = DEFAULT) -> None:
        self.venues = tuple(venues)
        self.params = params
        self._contracts: dict[str, dict[str, OiContract]] = {symbol: {} for symbol in symbols}
        self._feeds: dict[str, dict[str, str]] = {}
        self._fingerprint = f"unified-oi-1 {','.join(self._contracts)} {','.join(self.venues)}"

    def take(self, fact: Fact) -> None:
        """Take one fact in any order; kinds and coins that are not used are passed over; O(1)."""
        if isinstance(fact, FeedStatus):
            self._status(fact)
            return
        of_symbol = self._contracts.get(fact.symbol)
        if of_symbol is None or fact.market != "perp" or fact.backfill or fact.venue not in self.venues:
            return
        if isinstance(fact, OpenInterest) and fact.period_s is not None:
            return
        if isinstance(fact, OpenInterest | MarkFunding | Ticker | Instrument):
            key = f"{fact.venue} {fact.raw or ''}"
            known = of_symbol.get(key)
            if known is None:
                known = of_symbol[key] = OiContract(fact.venue, fact.raw)
            known.take(fact, when(fact))

    def snapshot_of(self, symbol: str, now: int, failed: Mapping[str, str] | None = None) -> OiSnapshot:
        """Unified open interest of a coin.

        Parameters
        ----------
        symbol
            Base coin; one that is not tracked has no venue.
        now
            Time of the answer, UTC ns: what is older than its limit by then has left.
        failed
            Reason by venue, from whoever did the collecting.
        """
        contracts = sorted(self._contracts.get(symbol, {}).items())
        exchanges: list[OiExchange] = []
        newest: int | None = None
        for venue in self.venues:
            markets = []
            for _, contract in contracts:
                if contract.venue == venue and (market := self._market(contract, now)) is not None:
                    markets.append(market)
                    newest = max(newest or 0, *(slot[0][2] for slot in (contract.oi, contract.mark) if slot))
            if markets:
                exchanges.append(_exchange(venue, sorted(markets, key=lambda m: (-m.oi_usd, m.symbol or ""))))
        total = fsum(e.oi_usd for e in exchanges) if exchanges else None
        exchanges = [msgspec.structs.replace(e, oi_percentage=_percent(e.oi_usd, total)) for e in exchanges]
        everything = [market for e in exchanges for market in e.market_breakdown]
        answered = {e.exchange for e in exchanges}
        failures = [
            OiFailure(venue, self._reason(symbol, venue, now, failed or {}))
            for venue in self.venues
            if venue not in answered
        ]
        categories = {name: _category(name, exchanges, total) for name in CATEGORIES}
        return OiSnapshot(
            base_symbol=symbol,
            timestamp=newest,
            total_markets=len(everything),
            aggregated_oi=OiTotals(
                total_tokens=fsum(e.oi_tokens for e in exchanges) if exchanges else None,
                total_usd=total,
                total_volume_24h=_sum([m.volume_24h for m in everything]),
                total_volume_24h_usd=_sum([m.volume_24h_usd for m in everything]),
                exchanges_count=len(exchanges),
                funding_rate=_weighted([(m.funding_rate, m.oi_usd) for m in everything]),
                apr=_weighted([(m.apr, m.oi_usd) for m in everything]),
            ),
            exchange_breakdown=sorted(exchanges, key=lambda e: (-e.oi_usd, e.exchange)),
            market_categories=categories,
            validation_summary=OiValidation(
                successful_exchanges=len(exchanges),
                failed_exchanges=len(failures),
                total_markets=len(everything),
                validation_passed=len(exchanges) >= self.params.least_exchanges,
                failed_details=failures,
            ),
            notes=_notes(everything, inverse=bool(categories["usd_inverse"].exchanges)),
        )

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        return pack(self._fingerprint, {"state": to_bytes(_State(self._contracts, self._feeds))})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        clri.model.errors.SnapshotError
            If the bytes are damaged, or of another version, coins or venues.
        """
        state = from_bytes(unpack(self._fingerprint, data)["state"], _State)
        self._contracts, self._feeds = state.contracts, state.feeds

    def _status(self, fact: FeedStatus) -> None:
        if fact.symbol != MARKET and fact.symbol not in self._contracts:
            return
        about = self._feeds.setdefault(f"{fact.venue} {fact.symbol}", {})
        if fact.state == "up":
            about.pop(fact.channel, None)
        elif fact.state != "gap":
            words = " ".join(part for part in (fact.code, fact.detail) if part)
            about[fact.channel] = f"{fact.channel} {fact.state}" + (f": {words}" if words else "")

    def _market(self, contract: OiContract, now: int) -> OiMarket | None:
        oldest = now - self.params.limit_ns
        if contract.oi is None or contract.oi[0][2] < oldest or contract.ended(now):
            return None
        value = contract.value(oldest)
        if value is None:
            return None
        rate, apr, interval = contract.funding(now) or (None, None, None)
        volume = contract.volume
        if volume is not None and volume[0][2] < now - self.params.volume_limit_ns:
            volume = None
        return OiMarket(
            symbol=contract.raw,
            category=contract.category,
            oi_tokens=value[0],
            oi_usd=value[1],
            price=contract.mark[1] if contract.mark is not None and contract.mark[0][2] >= oldest else None,
            funding_rate=rate,
            apr=apr if apr is not None or rate is None else rate * 1095.0,
            interval_h=interval,
            volume_24h=volume[1] if volume else None,
            volume_24h_usd=volume[2] if volume else None,
            age_s=max(0, now - contract.oi[0][2]) / SECOND,
        )

    def _reason(self, symbol: str, venue: str, now: int, failed: Mapping[str, str]) -> str:
        """Why a venue has no open interest of a coin; what is nearest to the cause goes first."""
        if venue in failed:
            return failed[venue]
        for about in (symbol, MARKET):
            if told := self._feeds.get(f"{venue} {about}"):
                return "; ".join(told[channel] for channel in sorted(told))
        own = [c for c in self._contracts.get(symbol, {}).values() if c.venue == venue]
        heard = [c for c in own if c.oi is not None and not c.ended(now)]
        if not heard:
            gone = bool(own) and all(c.ended(now) for c in own)
            return "no longer traded" if gone else "no open interest received"
        fresh = [c for c in heard if c.oi is not None and c.oi[0][2] >= now - self.params.limit_ns]
        if not fresh:
            age = min(now - c.oi[0][2] for c in heard if c.oi is not None) // MINUTE
            return f"open interest is {age} min old; the limit is {self.params.limit_ns // MINUTE} min"
        return "no fresh mark price, so the open interest cannot be valued"


def _exchange(venue: str, markets: list[OiMarket]) -> OiExchange:
    return OiExchange(
        exchange=venue,
        oi_tokens=fsum(m.oi_tokens for m in markets),
        oi_usd=fsum(m.oi_usd for m in markets),
        oi_percentage=None,
        funding_rate=_weighted([(m.funding_rate, m.oi_usd) for m in markets]),
        apr=_weighted([(m.apr, m.oi_usd) for m in markets]),
        volume_24h=_sum([m.volume_24h for m in markets]),
        volume_24h_usd=_sum([m.volume_24h_usd for m in markets]),
        markets=len(markets),
        market_breakdown=markets,
    )


def _category(name: Category, exchanges: Sequence[OiExchange], total: float | None) -> OiCategory:
    found = [(e.exchange, m) for e in exchanges for m in e.market_breakdown if m.category == name]
    if not found:
        return OiCategory(None, None, None, [])
    usd = fsum(m.oi_usd for _, m in found)
    names = list(dict.fromkeys(venue for venue, _ in found))
    return OiCategory(fsum(m.oi_tokens for _, m in found), usd, _percent(usd, total), names)


def _notes(markets: Sequence[OiMarket], *, inverse: bool) -> list[str]:
    told = sum(m.volume_24h_usd is not None for m in markets)
    notes = [] if inverse else [NO_INVERSE]
    if told < len(markets):
        notes.append(f"turnover is known of {told} of {len(markets)} contracts: its sum is a lower bound")
    return notes


def _percent(part: float, total: float | None) -> float | None:
    return 100.0 * part / total if total else None


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fsum(known) if known else None


def _weighted(pairs: Sequence[tuple[float | None, float]]) -> float | None:
    known = [(value, weight) for value, weight in pairs if value is not None]
    total = fsum(weight for _, weight in known)
    return fsum(value * weight for value, weight in known) / total if total > 0.0 else None
