"""What is known of one contract: its newest open interest, mark, funding and turnover, each with its time."""

from typing import Any

import msgspec

from clri.model.facts import MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.timebase import HOUR
from clri.model.unified_oi import Category
from clri.observe.intake import When

RATE_LIMIT_NS = HOUR // 6


class Listed(msgspec.Struct, frozen=True, array_like=True):
    """Terms of a contract: size in USD if `inverse`; end in ns, None = still traded."""

    size: float
    inverse: bool
    settle: str
    end: int | None


class OiContract(msgspec.Struct, array_like=True):
    """One contract of one venue; of two values the newer one stays, of two of one time the first."""

    venue: str
    raw: str | None
    listed: tuple[When, Listed] | None = None
    oi: tuple[When, float, float | None, float | None] | None = None
    mark: tuple[When, float] | None = None
    rate: tuple[When, float, float | None, float | None] | None = None
    settled: tuple[When, float, float | None, float | None] | None = None
    volume: tuple[When, float | None, float | None] | None = None

    def take(self, fact: OpenInterest | MarkFunding | Ticker | Instrument, at: When) -> None:
        """Keep what a fact says, if it is newer."""
        if isinstance(fact, OpenInterest):
            usd = fact.oi_usd
            if usd is None and fact.price_used is not None:
                usd = fact.oi_base * fact.price_used
            self.oi = _newer(self.oi, (at, fact.oi_base, usd, fact.contracts))
        elif isinstance(fact, Ticker):
            self.volume = _newer(self.volume, (at, fact.vol24h_base, fact.vol24h_usd))
        elif isinstance(fact, Instrument):
            terms = Listed(fact.contract_size, fact.inverse, fact.settle, fact.valid_to)
            self.listed = _newer(self.listed, (at, terms))
        elif fact.kind == "settled":
            if fact.rate_8h is not None:
                self.settled = _newer(self.settled, (at, fact.rate_8h, fact.apr, fact.interval_h))
        else:
            self.mark = _newer(self.mark, (at, fact.mark))
            if fact.rate_8h is not None:
                self.rate = _newer(self.rate, (at, fact.rate_8h, fact.apr, fact.interval_h))

    @property
    def category(self) -> Category:
        """What it settles in: as listed, else by its spelling."""
        if self.listed is not None:
            terms = self.listed[1]
            if terms.inverse:
                return "usd_inverse"
            return "usdc_stable" if terms.settle == "USDC" else "usdt_stable"
        return category_of(self.venue, self.raw)

    def ended(self, now: int) -> bool:
        """Whether it is no longer traded at `now` (ns)."""
        end = self.listed[1].end if self.listed is not None else None
        return end is not None and end <= now

    def value(self, oldest: int) -> tuple[float, float] | None:
        """Coins and USD, with a mark not received before `oldest` (ns); None if it cannot be valued.

        Linear: USD = coins * own mark, or as its fact valued it while there is no mark. Inverse: USD = contracts *
        contract size, coins = USD / own mark.
        """
        if self.oi is None:
            return None
        _, coins, given, contracts = self.oi
        mark = self.mark[1] if self.mark is not None and self.mark[0][2] >= oldest else None
        if contracts is not None and self.listed is not None and self.listed[1].inverse:
            usd = contracts * self.listed[1].size
            return (usd / mark if mark is not None else coins), usd
        if mark is not None:
            return coins, coins * mark
        return None if given is None else (coins, given)

    def funding(self, now: int) -> tuple[float, float | None, float | None] | None:
        """Rate per 8 h, per year, and interval in hours: running, else settled; None if neither is fresh."""
        if self.rate is not None and now - self.rate[0][2] <= RATE_LIMIT_NS:
            return self.rate[1:]
        if self.settled is not None:
            interval = round((self.settled[3] or 8.0) * HOUR)
            if now - self.settled[0][0] <= interval + RATE_LIMIT_NS:
                return self.settled[1:]
        return None


def category_of(venue: str, raw: str | None) -> Category:
    """Category that a raw symbol spells, for recordings without the venue's list.

    Examples
    --------
    >>> raws = (("bybit", "BTCPERP"), ("okx", "BTC-USDC-SWAP"), ("hyperliquid", "BTC"), ("gate", "BTC_USDT"))
    >>> [category_of(venue, raw) for venue, raw in raws]
    ['usdc_stable', 'usdc_stable', 'usdc_stable', 'usdt_stable']
    >>> [category_of("binance", "BTCUSD_PERP"), category_of("okx", "BTC-USD-SWAP"), category_of("bybit", None)]
    ['usd_inverse', 'usd_inverse', 'usdt_stable']
    """
    if venue == "hyperliquid":
        return "usdc_stable"
    if raw is None:
        return "usdt_stable"
    if "USDC" in raw or (venue == "bybit" and raw.endswith("PERP")):
        return "usdc_stable"
    name = raw.removesuffix("_PERP").removesuffix("-SWAP").removesuffix("_DMCBL")
    return "usd_inverse" if name.endswith("USD") else "usdt_stable"


def _newer(old: Any, new: Any) -> Any:  # noqa: ANN401 - tuples of one shape, ranked by their first field
    return new if old is None or new[0] > old[0] else old
