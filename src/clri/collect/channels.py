"""Which channel a fact came by, in the words of FeedStatus: those of `Expect`, and the names of the polled hosts."""

from typing import Final

from clri.model.control import LIQUIDATION, LISTING
from clri.model.facts import (
    Bar,
    Book,
    Depth,
    Fact,
    Liquidation,
    LiquidationAggregate,
    LongShortRatio,
    MarkFunding,
    OpenInterest,
    StablecoinSupply,
    StablecoinTransfer,
    Ticker,
    Trade,
)
from clri.model.instrument import Instrument
from clri.model.names import Venue

REST: Final = "rest"
SPOT: Final = "spot"
CLOCK: Final = "clock"
"""Channel of the statuses about a venue's clock, and of our own under venue `clri`."""

KINDS: Final[dict[type[Fact], str]] = {
    Liquidation: "liquidation",
    LiquidationAggregate: "liquidation sum",
    MarkFunding: "price and funding",
    OpenInterest: "open interest",
    Book: "order book",
    Depth: "depth",
    Ticker: "volume",
    Trade: "trade",
    Bar: "bar",
    LongShortRatio: "long/short",
    StablecoinTransfer: "stablecoin flow",
    StablecoinSupply: "stablecoin supply",
    Instrument: "contract list",
}
"""Kinds of data in words."""


def topic_of(fact: Fact) -> str:
    """Kind of data in words, with what tells apart the parts that come at a pace of their own.

    Examples
    --------
    >>> from clri.testing.builders import long_short_ratio, ticker
    >>> topic_of(long_short_ratio(kind="taker")), topic_of(ticker(market="spot")), topic_of(ticker())
    ('long/short (taker)', 'volume (spot)', 'volume')
    """
    word = KINDS.get(type(fact)) or type(fact).__name__.lower()
    if isinstance(fact, LongShortRatio):
        return f"{word} ({fact.kind})"
    if isinstance(fact, MarkFunding) and fact.kind == "settled":
        return f"{word} (settled)"
    return f"{word} (spot)" if fact.market == "spot" else word


SOCKETS: Final[dict[Venue, dict[type[Fact], str]]] = {
    "binance": {MarkFunding: "!markPrice@arr@1s", Ticker: "@ticker", Book: "@depth20@500ms"},
    "bybit": {MarkFunding: "tickers", OpenInterest: "tickers", Ticker: "tickers", Book: "orderbook.50"},
    "okx": {MarkFunding: "mark-price", Book: "books5"},
    "gate": {
        MarkFunding: "futures.tickers",
        OpenInterest: "futures.tickers",
        Ticker: "futures.tickers",
        Book: "futures.order_book",
    },
    "bitget": {MarkFunding: "ticker", OpenInterest: "ticker", Ticker: "ticker", Book: "books15"},
    "hyperliquid": {
        MarkFunding: "activeAssetCtx",
        OpenInterest: "activeAssetCtx",
        Ticker: "activeAssetCtx",
        Book: "l2Book",
    },
}
"""Channel of the facts that come by socket; liquidations have one name at every venue."""

SERVICES: Final[dict[Venue, dict[type[Fact], str]]] = {
    "coinglass": {LiquidationAggregate: "liquidations", OpenInterest: "open_interest", MarkFunding: "funding"},
    "coingecko": {Ticker: "prices"},
    "etherscan": {StablecoinTransfer: "transfers"},
    "defillama": {StablecoinSupply: "supply"},
}
"""Channel of what data services tell."""

SILENCE_S: Final[dict[tuple[Venue, str], float]] = {
    ("binance", "!markPrice@arr@1s"): 5.0,
    ("binance", "@ticker"): 20.0,
    ("okx", "mark-price"): 15.0,
    ("gate", "futures.tickers"): 60.0,
    ("gate", "futures.order_book"): 30.0,
}
"""Longest silence that the venue's rules allow, seconds, where it is not `USUAL_S`."""

USUAL_S: Final = 10.0

_HOSTS: Final[frozenset[Venue]] = frozenset({"binance"})
"""Venues whose spot market has a host of its own."""

_WORDS: Final[dict[Venue, dict[str, str]]] = {
    "binance": {
        "!markPrice": "!markPrice@arr@1s",
        "markPriceUpdate": "!markPrice@arr@1s",
        "24hrTicker": "@ticker",
        "depthUpdate": "@depth20@500ms",
    },
}
_SPARSE: Final = ("iquidat", "forceOrder", "userFills", '"user"')
"""In the words of every liquidation topic, and of no other."""


def channel_of(fact: Fact) -> str:
    """Channel that a fact came by.

    Examples
    --------
    >>> from clri.testing.builders import depth, mark_funding, ticker
    >>> channel_of(mark_funding(venue="okx")), channel_of(mark_funding(venue="okx", src="rest"))
    ('mark-price', 'rest')
    >>> [channel_of(ticker(venue=venue, market="spot", src="rest")) for venue in ("binance", "okx")]
    ['spot', 'rest']
    """
    return channel(fact.venue, type(fact), fact.src, fact.market)


def channel(venue: Venue, kind: type[Fact], src: str, market: str) -> str:
    """As `channel_of`, from what decides it."""
    if kind is Liquidation:
        return LIQUIDATION
    if kind is Instrument:
        return LISTING
    if venue in SERVICES:
        return SERVICES[venue].get(kind, REST)
    if src in {"ws", "sim"}:
        return SOCKETS.get(venue, {}).get(kind) or KINDS.get(kind, REST)
    return SPOT if market == "spot" and venue in _HOSTS else REST


def channel_of_word(venue: Venue, word: str) -> str:
    """Channel of the frames that a mapper picks by this word.

    Examples
    --------
    >>> [channel_of_word("binance", word) for word in ('"!forceOrder', '"24hrTicker"', "rest /fapi/v1/depth")]
    ['liquidation', '@ticker', 'rest /fapi/v1/depth']
    >>> channel_of_word("bybit", '"orderbook.50.'), channel_of_word("gate", '"futures.tickers"')
    ('orderbook.50', 'futures.tickers')
    """
    if any(part in word for part in _SPARSE):
        return LIQUIDATION
    bare = word.strip('".')
    return _WORDS.get(venue, {}).get(bare, bare)
