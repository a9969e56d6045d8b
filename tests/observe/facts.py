"""Facts that `clri.testing.builders` does not hold, and shares that are simply given."""

from clri.model.facts import Bar, LiquidationAggregate, StablecoinTransfer
from clri.model.names import EXCHANGES
from clri.model.timebase import HOUR
from clri.testing.builders import T0


class GivenShares:
    """Shares by hand: weights by venue, and the open interest in USD of some of them."""

    def __init__(self, weights, oi=None):
        self.weights = weights
        self.oi = oi or {}

    def enabled(self):
        return tuple(venue for venue in EXCHANGES if venue in self.weights)

    def weight(self, venue):
        return self.weights.get(venue, 0.0)

    def oi_usd(self, venue):
        return self.oi.get(venue)


def equal(*venues):
    """Shares of venues that weigh the same."""
    return GivenShares(dict.fromkeys(venues, 1.0 / len(venues)))


def bar(ts=T0, venue="bybit", open_ts=T0 - HOUR, vol_usd=1e8, **changes):
    """A closed hour."""
    header = {"ts": ts, "ts_venue": None, "symbol": "BTC", "venue": venue, "market": "perp", "raw": None}
    header |= {"src": "rest", "seq": None, "backfill": False}
    body = {"tf": "1h", "open_ts": open_ts, "o": 1.0, "h": 1.0, "l": 1.0, "c": 1.0, "vol_base": None}
    body |= {"vol_usd": vol_usd, "taker_buy_usd": None, "trades": None, "closed": True}
    return Bar(**(header | body | changes))


def aggregate(ts=T0, long_usd=2e6, short_usd=1e6, venues=("binance", "okx"), **changes):
    """A provider's sum of one hour."""
    header = {"ts": ts, "ts_venue": None, "symbol": "BTC", "venue": "coinglass", "market": "perp", "raw": None}
    header |= {"src": "aggregator", "seq": None, "backfill": False}
    body = {"window_s": 3600, "long_usd": long_usd, "short_usd": short_usd, "venues": list(venues)}
    return LiquidationAggregate(**(header | body | changes))


def transfer(ts=T0, flow="MINT", amount=2e6, **changes):
    """A classified stablecoin transfer."""
    header = {"ts": ts, "ts_venue": ts, "symbol": "MARKET", "venue": "etherscan", "market": "chain", "raw": None}
    header |= {"src": "chain", "seq": None, "backfill": False}
    body = {"chain_id": 1, "token": "USDT", "amount": amount, "from_addr": "0xa", "to_addr": "0xb"}
    body |= {"from_label": None, "to_label": None, "flow": flow, "tx_hash": "0xc", "log_index": 0, "block": 1}
    return StablecoinTransfer(**(header | body | changes))
