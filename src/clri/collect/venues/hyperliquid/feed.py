"""Sockets and polls of Hyperliquid as data (VENUES 2.6, 6)."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from clri.collect.mapper import Conn, Expect, Ping, Poll
from clri.collect.polls import DEPTH, LIST, OI, TICKERS

WS_PATH: Final = "/ws"
INFO: Final = "/info"

PING: Final = Ping(30.0, b'{"method":"ping"}')

MAX_USERS: Final = 9
"""Distinct users followed; the venue allows 10 per address."""

MAX_SUBSCRIPTIONS: Final = 1000
"""Subscriptions per address, over all connections."""

CTX_S: Final = 10.0
"""Longest silence of `activeAssetCtx`, about one a second."""

BOOK_S: Final = 10.0
"""Longest silence of `l2Book`, about two a second."""

DEPTH_S: Final = 30.0
DEPTH_WEIGHT: Final = 2
DEPTH_BUDGET: Final = 360.0
"""Weight a minute for depth polls: 40 % of 1200, less what the other polls take, with room to spare."""

COARSE: Final = 3
FINE: Final = 4
FIGURES: Final = (COARSE, FINE)
"""Significant figures of the polled books: one of the two reaches 1 % in fine enough steps, whatever the price."""


def subscriptions(coins: Sequence[str], vaults: Sequence[str]) -> list[Conn]:
    """One socket for these perpetuals and vaults.

    Parameters
    ----------
    coins
        Names as the venue spells them, such as BTC or kPEPE.
    vaults
        Addresses whose fills are followed; the first nine are used.

    Raises
    ------
    ValueError
        If the venue's limit of subscriptions would be passed.
    """
    wanted: list[tuple[dict[str, str], Expect]] = [
        ({"type": "userFills", "user": vault}, Expect("userFills", vault, None)) for vault in vaults[:MAX_USERS]
    ]
    for coin in coins:
        wanted.append(({"type": "activeAssetCtx", "coin": coin}, Expect("activeAssetCtx", coin, CTX_S)))
        wanted.append(({"type": "l2Book", "coin": coin}, Expect("l2Book", coin, BOOK_S)))
    if len(wanted) > MAX_SUBSCRIPTIONS:
        raise ValueError(f"{len(wanted)} subscriptions; the venue allows {MAX_SUBSCRIPTIONS}")
    frames = [msgspec.json.encode({"method": "subscribe", "subscription": topic}) for topic, _ in wanted]
    return [Conn(WS_PATH, {}, frames, PING, [expect for _, expect in wanted])]


def polls(coins: Sequence[str], parent_vault: str) -> list[Poll]:
    """REST calls for these perpetuals; the depth polls stretch where many coins would pass the limit."""
    calls = [
        _poll("states", {"type": "metaAndAssetCtxs"}, 20, 15.0, OI),
        _poll("spot_states", {"type": "spotMetaAndAssetCtxs"}, 20, 60.0, TICKERS, host="spot"),
        _poll("vaults", {"type": "vaultDetails", "vaultAddress": parent_vault}, 20, 21600.0, LIST),
    ]
    weight = len(coins) * len(FIGURES) * DEPTH_WEIGHT
    every_s = max(DEPTH_S, weight * 60.0 / DEPTH_BUDGET)
    for coin in coins:
        for figures in FIGURES:
            body = {"type": "l2Book", "coin": coin, "nSigFigs": figures}
            calls.append(_poll(f"depth{figures}:{coin}", body, DEPTH_WEIGHT, every_s, DEPTH))
    return calls


def _poll(
    name: str,
    body: dict[str, str | int],
    weight: int,
    every_s: float,
    priority: int,
    host: Literal["rest", "spot"] = "rest",
) -> Poll:
    return Poll(name, host, "POST", INFO, msgspec.json.encode(body), weight, every_s, priority)
