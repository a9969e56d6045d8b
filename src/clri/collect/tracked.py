"""Which contracts of a venue belong to the tracked coins."""

from collections.abc import Callable, Iterable

from clri.collect.instruments import InstrumentTable


def contracts_of(
    table: InstrumentTable, coins: Iterable[str], spelled: Callable[[str], str] | None = None
) -> list[list[str]]:
    """Raw symbols of the perpetuals of each coin, the USDT contract first; coins without one are left out.

    Parameters
    ----------
    table
        Instruments of the venue.
    coins
        Base coins.
    spelled
        Usual raw symbol of a coin that the table does not hold; None = leave it out.

    Examples
    --------
    >>> from clri.collect.instruments import instrument
    >>> rows = [instrument(0, "bybit", raw, "BTC", quote) for raw, quote in (("BTCPERP", "USDC"), ("BTCUSDT", "USDT"))]
    >>> contracts_of(InstrumentTable(rows), ["BTC", "ETH"]), contracts_of(InstrumentTable(), ["SOL"], "{}USDT".format)
    ([['BTCUSDT', 'BTCPERP']], [['SOLUSDT']])
    """
    by_coin: dict[str, list[tuple[bool, str]]] = {}
    for row in table:
        if row.market == "perp" and row.raw is not None:
            by_coin.setdefault(row.symbol, []).append((row.settle != "USDT", row.raw))
    found = []
    for coin in coins:
        if coin in by_coin:
            found.append([raw for _, raw in sorted(by_coin[coin])])
        elif spelled is not None:
            found.append([spelled(coin)])
    return found


class Coins:
    """Base coins of the perpetuals of a table; read again when the table has grown.

    Examples
    --------
    >>> from clri.collect.instruments import instrument
    >>> coins = Coins(InstrumentTable([instrument(0, "bybit", "1000PEPEUSDT", "1000PEPE", "USDT")]))
    >>> "PEPE" in coins, "BTC" in coins
    (True, False)
    """

    def __init__(self, table: InstrumentTable) -> None:
        self._table = table
        self._rows = -1
        self._coins: frozenset[str] = frozenset()

    def __contains__(self, coin: str) -> bool:
        if len(self._table) != self._rows:
            self._rows = len(self._table)
            self._coins = frozenset(row.symbol for row in self._table if row.market == "perp")
        return coin in self._coins
