"""Facts: what a venue or provider said, once decoded, with units made equal (CONTRACTS 1, VENUES 1).

All are immutable, tagged by `k`, and start with the same header:

| field | meaning |
|---|---|
| ts | receipt, UTC ns; orders everything |
| ts_venue | the venue's event time, UTC ns, or None; places events in event-tier windows |
| symbol | base coin ("BTC"; 1000PEPE and kPEPE are PEPE); MARKET if it concerns all |
| venue, market | who said it; perp, spot, future or chain |
| raw | the venue's instrument id |
| src | ws, rest, aggregator, chain or sim |
| seq | the venue's sequence number, if it gives one |
| backfill | history or a snapshot after connect: stored, never in event-tier windows or alerts |

Missing is None, never 0. Prices are per coin, sizes in coins, `_usd` in US dollars (stable quote taken 1:1).
"""

import msgspec

from clri.model.names import (
    Completeness,
    Flow,
    FundingKind,
    Market,
    Method,
    PriceKind,
    RatioKind,
    Side,
    Source,
    Venue,
)


class Fact(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="k"):
    """Header of every fact; see the module for the fields."""

    ts: int
    ts_venue: int | None
    symbol: str
    venue: Venue
    market: Market
    raw: str | None
    src: Source
    seq: int | None
    backfill: bool


class Liquidation(Fact, frozen=True, gc=False, tag="liq"):
    """One position closed by force. `side` is the side of the POSITION; `usd` = qty * price (inverse: contract USD).

    `completeness` other than `all` makes every sum over the feed a lower bound. A `bankruptcy` price lies beyond
    the fill, so its USD is slightly off and is not corrected.
    """

    side: Side
    price: float
    price_kind: PriceKind
    qty: float
    usd: float
    completeness: Completeness
    method: Method
    event_id: str


def event_time(fact: Fact) -> int:
    """When it happened, ns: the venue's time, else the receipt.

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation
    >>> event_time(liquidation(ts=T0)) - T0, event_time(liquidation(ts=T0, ts_venue=None)) - T0
    (-50000000, 0)
    """
    return fact.ts if fact.ts_venue is None else fact.ts_venue


class LiquidationAggregate(Fact, frozen=True, gc=False, tag="lqa"):
    """A provider's sum over `window_s`; compared with own events, never added to them."""

    window_s: int
    long_usd: float
    short_usd: float
    venues: list[str]


class MarkFunding(Fact, frozen=True, gc=False, tag="mkf"):
    """Mark price, index and funding. `rate` is a fraction per interval, positive = longs pay; `apr` per year."""

    mark: float
    index: float | None
    rate: float | None
    interval_h: float | None
    rate_8h: float | None
    apr: float | None
    next_funding_ts: int | None
    predicted_8h: float | None
    kind: FundingKind


class OpenInterest(Fact, frozen=True, gc=False, tag="oi"):
    """Open interest, one side counted, in coins; `oi_usd` = oi_base * price_used. `period_s` is set on history rows."""

    oi_base: float
    oi_usd: float | None
    price_used: float | None
    contracts: float | None
    period_s: int | None


class Book(Fact, frozen=True, gc=False, tag="bok"):
    """At most 50 levels a side as (price, qty), best first; `valid` = sequence ok, not crossed, two-sided."""

    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    valid: bool


class Depth(Fact, frozen=True, gc=False, tag="dep"):
    """Quote value within 1 % and 2 % of mid, both sides cut to the same reach; `reach_*` = where the book ends, %."""

    mid: float
    spread_bps: float
    bid_usd_1pct: float
    ask_usd_1pct: float
    bid_usd_2pct: float | None
    ask_usd_2pct: float | None
    reach_bid_pct: float
    reach_ask_pct: float
    valid: bool


class Ticker(Fact, frozen=True, gc=False, tag="tkr"):
    """Last price and 24 h turnover of a perpetual or of its spot market (`market` tells which)."""

    last: float
    vol24h_base: float | None
    vol24h_usd: float | None
    change24h_pct: float | None
    bid: float | None
    ask: float | None


class Trade(Fact, frozen=True, gc=False, tag="trd"):
    """One public trade; `taker` is the order side of the taker."""

    trade_id: str | None
    price: float
    qty: float
    usd: float
    taker: str
    buyer: str | None
    seller: str | None


class Bar(Fact, frozen=True, gc=False, tag="bar"):
    """Price bar that opened at `open_ts`; `closed` is False while it still runs."""

    tf: str
    open_ts: int
    o: float
    h: float
    l: float  # noqa: E741 - the field's standard name
    c: float
    vol_base: float | None
    vol_usd: float | None
    taker_buy_usd: float | None
    trades: int | None
    closed: bool


class LongShortRatio(Fact, frozen=True, gc=False, tag="lsr"):
    """Share of longs by `kind` over `period_s`; `ratio` = long / short, None if short = 0."""

    kind: RatioKind
    long_share: float
    ratio: float | None
    period_s: int


class StablecoinTransfer(Fact, frozen=True, gc=False, tag="stb"):
    """One on-chain transfer, classified by labelled wallets. `amount` in tokens (1 token = 1 USD); symbol MARKET."""

    chain_id: int
    token: str
    amount: float
    from_addr: str
    to_addr: str
    from_label: str | None
    to_label: str | None
    flow: Flow
    tx_hash: str
    log_index: int | None
    block: int


class StablecoinSupply(Fact, frozen=True, gc=False, tag="sup"):
    """Circulating supply of a token; `chain` None = all chains. Context only, never a flow."""

    token: str
    supply_usd: float
    chain: str | None
