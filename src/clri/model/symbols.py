"""Spellings of a symbol: every venue's in, the base coin out."""

import re
from typing import Final

QUOTES: Final = ("USDT", "USDC", "FDUSD", "USD")
_TAIL: Final = re.compile(r"[-_/:](SWAP|PERP|PERPETUAL|USDT|USDC|USD)$")


def base_symbol(text: str) -> str:
    """Base coin of any spelling.

    Parameters
    ----------
    text
        `BTC`, `btcusdt`, `BTC-USDT`, `BTC/USDT:USDT`, `BTC-USDT-SWAP`, `BTC_USDT`, `BTC-PERP`, …

    Returns
    -------
    str
        Upper case; not checked against any table.

    Raises
    ------
    ValueError
        If nothing but letters and digits is left to be a coin, or nothing at all.

    Examples
    --------
    >>> [base_symbol(t) for t in ("btc", "BTCUSDT", "BTC/USDT:USDT", "BTC-USDT-SWAP", "BTC_USDT", "BTC-PERP", "USDT")]
    ['BTC', 'BTC', 'BTC', 'BTC', 'BTC', 'BTC', 'USDT']
    """
    coin = text.strip().upper()
    while cut := _TAIL.sub("", coin):
        if cut == coin:
            break
        coin = cut
    for quote in QUOTES:
        if coin.endswith(quote) and len(coin) > len(quote):
            coin = coin.removesuffix(quote)
            break
    if not coin.isalnum():
        raise ValueError(f"{text!r} is no symbol; expected one like BTC or BTCUSDT")
    return coin
