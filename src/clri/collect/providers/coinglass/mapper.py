"""Coinglass's replies as facts and figures."""

import re
from collections.abc import Iterable
from typing import ClassVar, Final

from clri.collect import checks
from clri.collect.mapper import Item, Poll, ReplyHandler
from clri.collect.polls import get
from clri.collect.providers.coinglass.replies import (
    COINS,
    ENVELOPE,
    INTEREST,
    LIQUIDATED,
    Coin,
    Interest,
    Liquidated,
    Paid,
)
from clri.collect.providers.elsewhere import Figures, amount, percent_rate
from clri.collect.providers.mapper import ProviderMapper
from clri.collect.providers.told import KEY_REFUSED, RATE_LIMITED, REFUSED
from clri.collect.rows import each
from clri.collect.transport.limits import Limits
from clri.collect.values import blank
from clri.model.errors import QuarantineError
from clri.model.facts import LiquidationAggregate
from clri.model.names import Venue
from clri.model.symbols import base_symbol

EVERY_S: Final = 300.0
ALL: Final = "All"
LEAST: Final = 2
"""Exchanges below which a list is not the market."""
MOST_USD: Final = 1e11
"""No hour, and no day, saw so much liquidated."""

_RANGE: Final = re.compile(r"range=(\d{1,3})([hd])")
_SECONDS: Final = {"h": 3600, "d": 86_400}


class CoinglassMapper(ProviderMapper):
    """Liquidated USD per exchange and in all, as `LiquidationAggregate`; open interest and funding as figures.

    The sums are there to compare with, and to be shown when own feeds are missing; they are never added to own
    events. A list that holds but one exchange is left out: one exchange is not the market. Funding comes in percent
    per interval, and the interval is often missing: then no 8-h rate follows.
    """

    venue: ClassVar[Venue] = "coinglass"
    url: ClassVar[str] = "https://open-api-v4.coinglass.com"
    limits: ClassVar[Limits] = Limits(30.0, 60.0, used_header="API-KEY-USE-LIMIT", limit_header="API-KEY-MAX-LIMIT")
    header: ClassVar[str] = "CG-API-KEY"
    channels: ClassVar[tuple[tuple[str, str], ...]] = (
        ("/liquidation/", "liquidations"),
        ("/open-interest/", "open_interest"),
        ("/funding-rate/", "funding"),
    )

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """Two calls per coin and one for all; many coins stretch the pace to stay inside the smallest plan."""
        coins = list(dict.fromkeys(symbols))
        every_s = max(EVERY_S, (2 * len(coins) + 1) * self.limits.window_s / (0.3 * self.limits.weight))
        futures = "/api/futures"
        return [
            *(
                get("liquidations", f"{futures}/liquidation/exchange-list?symbol={coin}&range=1h", every_s, 0)
                for coin in coins
            ),
            *(
                get("open_interest", f"{futures}/open-interest/exchange-list?symbol={coin}", every_s, 1)
                for coin in coins
            ),
            get("funding", f"{futures}/funding-rate/exchange-list", every_s, 2),
        ]

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of replies by a part of their path."""
        return (
            ("/liquidation/exchange-list", self._liquidations),
            ("/open-interest/exchange-list", self._interest),
            ("/funding-rate/exchange-list", self._funding),
        )

    def _data(self, raw: bytes, recv_ns: int) -> bytes:
        """Text of the data of a reply that says success."""
        envelope = ENVELOPE.decode(raw)
        code, words = str(envelope.code), envelope.msg or "no reason given"
        if code != "0":
            low = words.lower()
            if "api key" in low or "apikey" in low:
                raise self.refusal(recv_ns, f"key refused: {words}", KEY_REFUSED)
            if code == "429" or "too many" in low or "rate limit" in low:
                raise self.refusal(recv_ns, words, RATE_LIMITED, "rate_limited")
            raise self.refusal(recv_ns, f"code {code}: {words}", REFUSED)
        self.works(recv_ns)
        return bytes(envelope.data)

    def _liquidations(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        rows = LIQUIDATED.decode(self._data(raw, recv_ns), self.tally)
        asked = _RANGE.search(self.path)
        if symbol is None or asked is None:
            raise QuarantineError("no_symbol", f"the call {self.path[:80]!r} names no symbol or no range")
        coin, window_s = base_symbol(symbol), int(asked[1]) * _SECONDS[asked[2]]
        total = [row for row in rows if row.exchange == ALL]
        single = [row for row in rows if row.exchange != ALL]
        if len(total) != 1 or len(single) < LEAST:
            self.tally.row_ignored("no_total" if len(total) != 1 else "too_few_exchanges")
            return []
        names = sorted(row.exchange.lower() for row in single)
        market = _sums(total[0], coin, window_s, names, recv_ns)
        return [*market, *each(single, _sums, self.tally, coin, window_s, names, recv_ns)]

    def _interest(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        rows = INTEREST.decode(self._data(raw, recv_ns), self.tally)
        each([row for row in rows if row.exchange != ALL], self._open, self.tally, recv_ns)
        return []

    def _open(self, row: Interest, recv_ns: int) -> list[Item]:
        usd = amount(row.open_interest_usd, checks.MAX_OI_USD, "open interest in USD")
        base = amount(row.open_interest_quantity, checks.MAX_QTY, "open interest")
        coin = base_symbol(row.symbol)
        self.elsewhere.put(Figures(recv_ns, self.venue, row.exchange, coin, "oi", oi_base=base, oi_usd=usd))
        return []

    def _funding(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        wanted = frozenset(self.watch.symbols)
        for coin in COINS.decode(self._data(raw, recv_ns), self.tally):
            if coin.symbol in wanted:
                self._coin(coin, recv_ns)
        return []

    def _coin(self, coin: Coin, recv_ns: int) -> None:
        for paid in coin.stablecoin_margin_list:
            try:
                self.elsewhere.put(self._paid(paid, coin.symbol, recv_ns))
            except QuarantineError as error:
                self.tally.row_quarantined(error.reason, f"{coin.symbol} {paid}".encode())

    def _paid(self, paid: Paid, coin: str, recv_ns: int) -> Figures:
        hours = blank(paid.funding_rate_interval)
        hours = None if hours is None else checks.interval_h(hours)
        rate = percent_rate(paid.funding_rate)
        return Figures(recv_ns, self.venue, paid.exchange, coin, "funding", rate=rate, interval_h=hours)


def _sums(row: Liquidated, coin: str, window_s: int, names: list[str], recv_ns: int) -> list[Item]:
    longs = blank(row.long_liquidation_usd if row.longLiquidation_usd is None else row.longLiquidation_usd)
    shorts = blank(row.short_liquidation_usd if row.shortLiquidation_usd is None else row.shortLiquidation_usd)
    if longs is None or shorts is None:
        raise QuarantineError("no_value", f"{row.exchange} told {longs} long and {shorts} short; expected both")
    return [
        LiquidationAggregate(
            recv_ns,
            None,
            coin,
            "coinglass",
            "perp",
            row.exchange,
            "aggregator",
            None,
            False,
            window_s,
            checks.amount(longs, MOST_USD, "liquidated longs in USD"),
            checks.amount(shorts, MOST_USD, "liquidated shorts in USD"),
            names if row.exchange == ALL else [row.exchange.lower()],
        )
    ]
