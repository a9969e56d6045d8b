"""Further exchanges by polling through ccxt: figures at lower trust, never facts (VENUES 13).

ccxt is the optional extra `clri[ccxt]`, loaded only where exchanges are named. Its streams are never used: they lose
and mislabel liquidations. Open interest comes in coins on some venues and in contracts on others without saying so:
it counts only where its USD value and a price agree on the unit.
"""

import asyncio
import importlib
import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from clri.collect import checks
from clri.collect.providers.elsewhere import Elsewhere, Figures
from clri.collect.providers.told import REFUSED, Told
from clri.collect.transport.clock import Clock, SystemClock
from clri.collect.transport.socket import Emit
from clri.model.errors import ConfigError, QuarantineError
from clri.model.names import EXCHANGES

EVERY_S: Final = 60.0
LONGEST_S: Final = 900.0
RELIST: Final = 60
"""Rounds after which the exchange's list of contracts is read again."""
TIMEOUT_MS: Final = 10_000
SLACK: Final = 0.05
"""How far size times price may lie from the USD value before the unit counts as unknown."""
NATIVE: Final = (*EXCHANGES, "binanceusdm", "binancecoinm", "gateio", "myokx", "okxus")
MODULE: Final = "ccxt.async_support"
INSTALL: Final = "pip install 'clri[ccxt]'"
DOLLARS: Final = ("USDT", "USDC", "USD")
_HOURS: Final = re.compile(r"(\d{1,2})h")


def load() -> Any:  # noqa: ANN401 - an optional library without types
    """The library.

    Raises
    ------
    ConfigError
        If it is not installed.
    """
    try:
        return importlib.import_module(MODULE)
    except ImportError as error:
        raise ConfigError(
            f"collect.ccxt.exchanges names exchanges, but ccxt cannot be loaded ({error}); expected it installed",
            hint=f"{INSTALL}, or leave the list empty",
        ) from None


class CcxtPolls:
    """Funding, open interest and tickers of exchanges without an adapter here, once a minute each.

    Parameters
    ----------
    names
        Exchanges as ccxt spells them; those with an adapter are refused.
    symbols
        Base coins.
    elsewhere
        Takes the figures.
    emit
        Takes a FeedStatus (venue `clri`, channel `ccxt.<name>`) when an exchange comes or goes.
    library
        ccxt, or what stands in for it.

    Raises
    ------
    ConfigError
        If ccxt is not installed, or a name is none that it knows.
    """

    def __init__(
        self,
        names: Sequence[str],
        symbols: Iterable[str],
        elsewhere: Elsewhere,
        emit: Emit,
        *,
        clock: Clock | None = None,
        library: Any = None,  # noqa: ANN401
    ) -> None:
        library = load() if library is None else library
        for name in names:
            if name in NATIVE:
                raise ConfigError(f"collect.ccxt.exchanges holds {name}, which has its own adapter; remove it")
            if name not in library.exchanges:
                close = get_close_matches(name, library.exchanges, 1)
                guess = f"; did you mean {close[0]}?" if close else ""
                raise ConfigError(f"collect.ccxt.exchanges holds {name!r}, which ccxt does not know{guess}")
        self._library, self._names, self._coins = library, names, frozenset(symbols)
        self._elsewhere, self._emit, self._clock = elsewhere, emit, clock or SystemClock()
        self._told = Told("clri")
        self.refused: dict[str, int] = dict.fromkeys(names, 0)

    async def run(self) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._names:
                group.create_task(self._repeat(name))

    async def _repeat(self, name: str) -> None:
        client = getattr(self._library, name)({"enableRateLimit": True, "timeout": TIMEOUT_MS})
        wait_s, channel = EVERY_S, f"ccxt.{name}"
        try:
            for number in itertools.count():
                try:
                    count = await self._round(name, client, relist=number % RELIST == 0)
                except Exception as error:  # noqa: BLE001 - the supervisor's edge; texts of ccxt hold addresses
                    words, wait_s = f"ccxt failed: {type(error).__name__}", min(LONGEST_S, 2.0 * wait_s)
                    said = self._told.down(channel, self._clock.wall_ns(), REFUSED, words)
                else:
                    now, wait_s = self._clock.wall_ns(), EVERY_S
                    said = self._told.up(channel, now)
                    if not count:
                        said = self._told.down(channel, now, REFUSED, "it lists none of the symbols as a perpetual")
                if said:
                    await self._emit(said)
                await self._clock.sleep(wait_s)
        finally:
            await client.close()

    async def _round(self, name: str, client: Any, *, relist: bool) -> int:  # noqa: ANN401
        """Ask for everything once; number of contracts asked about."""
        await client.load_markets(relist)
        markets = perpetuals(client.markets, self._coins)
        symbols = [market["symbol"] for market in markets]
        if not symbols:
            return 0
        rates = await _many(client, "fetchFundingRates", "fetchFundingRate", symbols)
        tickers = await _many(client, "fetchTickers", "fetchTicker", symbols)
        interest = await _many(client, "fetchOpenInterests", "fetchOpenInterest", symbols)
        now = self._clock.wall_ns()
        for market in markets:
            symbol = market["symbol"]
            try:
                found = figures(
                    now, name, market, rates.get(symbol, {}), tickers.get(symbol, {}), interest.get(symbol, {})
                )
            except QuarantineError:
                self.refused[name] += 1
                continue
            self._elsewhere.put(found)
        return len(symbols)


def perpetuals(markets: Mapping[str, Mapping[str, Any]], coins: frozenset[str]) -> list[Mapping[str, Any]]:
    """Linear perpetuals of the coins against a dollar, in the order of their symbols."""
    return [
        market
        for _, market in sorted(markets.items())
        if market.get("swap")
        and market.get("linear")
        and market.get("active") is not False
        and market.get("base") in coins
        and market.get("settle") in DOLLARS
    ]


async def _many(client: Any, all_at_once: str, one: str, symbols: list[str]) -> dict[str, Any]:  # noqa: ANN401
    """Replies by symbol; nothing where the exchange has no such call."""
    if client.has.get(all_at_once) is True:
        return dict(await getattr(client, all_at_once)(symbols))
    if client.has.get(one) is True:
        return {symbol: await getattr(client, one)(symbol) for symbol in symbols}
    return {}


def figures(
    now: int,
    exchange: str,
    market: Mapping[str, Any],
    rate: Mapping[str, Any],
    ticker: Mapping[str, Any],
    interest: Mapping[str, Any],
) -> Figures:
    """Figures of one contract; what is missing, or of an unknown unit, is None.

    Raises
    ------
    QuarantineError
        If a value is beyond its range.

    Examples
    --------
    >>> market = {"symbol": "BTC/USDT:USDT", "base": "BTC", "contractSize": 0.001}
    >>> rate, oi = {"fundingRate": 1e-4, "interval": "4h"}, {"openInterestAmount": 5e6, "openInterestValue": 3e8}
    >>> found = figures(0, "kucoinfutures", market, rate, {"last": 60000.0}, oi)
    >>> found.rate_8h, found.oi_base, found.oi_usd
    (0.0002, 5000.0, 300000000.0)
    """
    price = _number(rate.get("markPrice")) or _number(ticker.get("last"))
    paid, hours = _number(rate.get("fundingRate")), _HOURS.fullmatch(str(rate.get("interval")))
    base, usd = _interest(market, interest, price)
    volume = _number(ticker.get("quoteVolume"))
    return Figures(
        now,
        "ccxt",
        exchange,
        str(market["base"]),
        "market",
        raw=str(market["symbol"]),
        oi_base=base,
        oi_usd=usd,
        rate=None if paid is None else checks.rate(paid),
        interval_h=None if hours is None else checks.interval_h(float(hours[1])),
        mark=None if price is None else checks.price(price),
        volume24h_usd=None if volume is None else checks.amount(volume, checks.MAX_VOLUME_USD, "turnover"),
    )


def _interest(
    market: Mapping[str, Any], interest: Mapping[str, Any], price: float | None
) -> tuple[float | None, float | None]:
    """Open interest in coins and in USD, if both and the price agree on the unit; else unknown."""
    size, usd = _number(interest.get("openInterestAmount")), _number(interest.get("openInterestValue"))
    if not size or not usd or not price:
        return None, None
    for coins in (size, size * (_number(market.get("contractSize")) or 1.0)):
        if abs(coins * price - usd) <= SLACK * usd:
            return (
                checks.amount(coins, checks.MAX_QTY, "open interest"),
                checks.amount(usd, checks.MAX_OI_USD, "open interest in USD"),
            )
    return None, None


def _number(value: object) -> float | None:
    """Finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
