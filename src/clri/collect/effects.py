"""What the loss of a feed costs: which input of which coins loses how much of its open interest, in words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import fsum
from typing import Final

from clri.collect.channels import KINDS
from clri.model.facts import Book, Depth, Liquidation, LongShortRatio, MarkFunding, OpenInterest, Ticker
from clri.observe.freshness import MIN_SHARE

INPUTS: Final = {
    KINDS[Liquidation]: "liquidation",
    KINDS[MarkFunding]: "price and funding",
    KINDS[OpenInterest]: "open-interest",
    KINDS[Book]: "order-book",
    KINDS[Depth]: "order-book",
    KINDS[Ticker]: "volume",
    KINDS[LongShortRatio]: "long/short",
}
"""Input of the scores that a kind of data feeds, whatever stands in brackets behind it; other kinds feed none."""

SERVICES: Final = {
    "coinglass": "sums of liquidations by provider are not shown; no score uses them",
    "coingecko": "prices by provider are not shown; no score uses them",
    "etherscan": "stablecoin flows are missing: the stablecoin pressure is unknown",
    "defillama": "stablecoin supply is not shown; no score uses it",
}
"""Effect of a service that delivers nothing."""

SHOWN: Final = 3
"""Coins that are named; of further ones only the number."""

Delivers = Callable[[str, str, str], bool]
"""Whether a venue delivers a kind of data (in words) for a coin."""


def weights(venues: Iterable[str], oi_usd: Mapping[str, float]) -> dict[str, float]:
    """Share of each venue in a coin's open interest, 0..1; one that is unknown counts as the mean of the known.

    Examples
    --------
    >>> weights(["binance", "okx", "gate"], {"binance": 3e9, "okx": 1e9})
    {'binance': 0.5, 'okx': 0.16666666666666666, 'gate': 0.3333333333333333}
    """
    known = {venue: oi_usd[venue] for venue in venues if venue in oi_usd}
    mean = fsum(known.values()) / len(known) if known else 1.0
    sizes = {venue: known.get(venue, mean) for venue in venues}
    total = fsum(sizes.values())
    return {venue: size / total if total > 0.0 else 1.0 / len(sizes) for venue, size in sizes.items()}


def effect(
    venue: str,
    kinds: Iterable[str],
    coins: Sequence[str],
    shares: Mapping[str, Mapping[str, float]],
    delivers: Delivers,
) -> str | None:
    """What it costs that a venue does not deliver some kinds of data; None if nothing is lost.

    Parameters
    ----------
    venue
        Who does not deliver.
    kinds
        Kinds of data in words; those that the venue delivers all the same, by another channel, are passed over.
    coins
        Base coins, the most important first.
    shares
        Weight of each venue by coin.
    delivers
        What comes in now.

    Examples
    --------
    >>> shares = {"BTC": {"binance": 0.3, "okx": 0.7}}
    >>> effect("binance", ["liquidation"], ["BTC"], shares, lambda venue, kind, coin: venue == "okx")
    'BTC liquidation input loses 30 % of its open interest; coverage 70 %'
    """
    lost: dict[str, dict[str, tuple[float, float]]] = {}
    for kind in kinds:
        name = INPUTS.get(kind.partition(" (")[0])
        for coin in coins:
            weight = shares.get(coin, {})
            if name is None or venue not in weight or delivers(venue, kind, coin):
                continue
            rest = fsum(part for other, part in weight.items() if delivers(other, kind, coin))
            former = lost.setdefault(name, {}).get(coin, (0.0, rest))
            lost[name][coin] = (weight[venue], min(rest, former[1]))
    return "; ".join(_sentence(name, coins) for name, coins in lost.items()) or None


def _sentence(name: str, coins: Mapping[str, tuple[float, float]]) -> str:
    rows = [(coin, *parts) for coin, parts in coins.items()]
    first, share, rest = rows[0]
    text = f"{first} {name} input loses {_percent(share)} of its open interest; {_coverage(rest)}"
    more = [f"{coin} {_percent(part)} ({_coverage(left)})" for coin, part, left in rows[1:SHOWN]]
    if len(rows) > SHOWN:
        more.append(f"and {len(rows) - SHOWN} further coins")
    return ", ".join([text, *more])


def _coverage(rest: float) -> str:
    if rest < MIN_SHARE:
        return f"coverage {_percent(rest)}, below {_percent(MIN_SHARE)}: the input is missing"
    return f"coverage {_percent(rest)}"


def _percent(share: float) -> str:
    return f"{share * 100.0:.0f} %"
