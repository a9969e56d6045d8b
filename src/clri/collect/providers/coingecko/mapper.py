"""CoinGecko's replies as facts and figures."""

from collections.abc import Iterable
from typing import ClassVar, Final

import msgspec

from clri.collect import checks
from clri.collect.mapper import Item, Poll, ReplyHandler
from clri.collect.providers.coingecko.coins import COINS, IDS
from clri.collect.providers.coingecko.replies import CONTRACTS, PRICE, PRICES, REFUSED, Contract
from clri.collect.providers.elsewhere import Figures, amount, percent_rate
from clri.collect.providers.mapper import ProviderMapper
from clri.collect.providers.told import KEY_REFUSED
from clri.collect.providers.told import REFUSED as REFUSED_CODE
from clri.collect.rows import each
from clri.collect.tally import REFUSALS, reason_of
from clri.collect.transport.limits import Limits
from clri.collect.values import blank, turnover
from clri.model.facts import Ticker
from clri.model.names import Venue

PRICES_S: Final = 600.0
DERIVATIVES_S: Final = 900.0
"""Both together are 7,200 calls a month; a demo key allows 10,000 (unverified)."""
MOST_BYTES: Final = 24 << 20
KEY_CODES: Final = (10002, 10010, 10011)


class CoinGeckoMapper(ProviderMapper):
    """Prices as `Ticker` of the spot market; derivatives of all exchanges as figures.

    Funding comes in percent per interval, and the interval is not told: no 8-h rate follows. Only perpetuals of the
    watched coins are kept.
    """

    venue: ClassVar[Venue] = "coingecko"
    url: ClassVar[str] = "https://api.coingecko.com/api/v3"
    limits: ClassVar[Limits] = Limits(30.0, 60.0)
    header: ClassVar[str] = "x-cg-demo-api-key"
    cap_bytes: ClassVar[int] = MOST_BYTES
    channels: ClassVar[tuple[tuple[str, str], ...]] = (("/simple/price", "prices"), ("/derivatives", "derivatives"))

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """One call for all prices, one for all derivatives; coins without a known name are counted."""
        names = []
        for coin in dict.fromkeys(symbols):
            if coin in IDS:
                names.append(IDS[coin])
            else:
                self.tally.row_ignored("no_name")
        polls = [Poll("derivatives", "rest", "GET", "/derivatives", None, 1, DERIVATIVES_S, 1, MOST_BYTES)]
        if names:
            what = "vs_currencies=usd&include_24hr_vol=true&include_24hr_change=true&include_last_updated_at=true"
            polls.append(Poll("prices", "rest", "GET", _prices(names, what), None, 1, PRICES_S, 0))
        return polls

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of replies by a part of their path."""
        return (("/simple/price", self._prices), ("/derivatives", self._derivatives))

    def _refuse(self, raw: bytes, recv_ns: int) -> None:
        """Raise if a reply says failure although its HTTP status did not."""
        if not raw.lstrip().startswith((b'{"status"', b'{"error"')):
            return
        reply = REFUSED.decode(raw)
        inside = reply.status
        words = (inside.error_message if inside else reply.error) or "no reason given"
        key = inside is not None and inside.error_code in KEY_CODES
        raise self.refusal(recv_ns, words, KEY_REFUSED if key else REFUSED_CODE)

    def _prices(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        self._refuse(raw, recv_ns)
        items: list[Item] = []
        for name, text in PRICES.decode(raw).items():
            coin = COINS.get(name)
            if coin is None:
                self.tally.row_ignored("no_name")
                continue
            try:
                items += _price(coin, name, text, recv_ns)
            except REFUSALS as error:
                self.tally.row_quarantined(reason_of(error), bytes(text))
        if items:
            self.works(recv_ns)
        return items

    def _derivatives(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        self._refuse(raw, recv_ns)
        rows = CONTRACTS.decode(raw, self.tally)
        wanted = frozenset(self.watch.symbols)
        used = [
            row for row in rows if row.index_id in wanted and row.contract_type == "perpetual" and not row.expired_at
        ]
        each(used, self._contract, self.tally, recv_ns)
        self.works(recv_ns)
        return []

    def _contract(self, row: Contract, recv_ns: int) -> list[Item]:
        price = blank(row.price)
        figures = Figures(
            recv_ns,
            self.venue,
            row.market,
            row.index_id or "",
            "market",
            raw=row.symbol,
            oi_usd=amount(row.open_interest, checks.MAX_OI_USD, "open interest in USD"),
            rate=percent_rate(row.funding_rate),
            mark=None if price is None else checks.price(price),
            volume24h_usd=amount(row.volume_24h, checks.MAX_VOLUME_USD, "turnover"),
        )
        self.elsewhere.put(figures)
        return []


def _prices(names: list[str], what: str) -> str:
    return f"/simple/price?ids={','.join(names)}&{what}"


def _price(coin: str, name: str, text: msgspec.Raw, recv_ns: int) -> list[Item]:
    told = PRICE.decode(text)
    last = blank(told.usd)
    if last is None:
        return []
    at = None if told.last_updated_at is None else checks.seconds(told.last_updated_at)
    head = (recv_ns, at, coin, "coingecko", "spot", name, "aggregator", None, False)
    change = blank(told.usd_24h_change)
    return [Ticker(*head, checks.price(last), None, turnover(told.usd_24h_vol), change, None, None)]  # type: ignore[arg-type]
