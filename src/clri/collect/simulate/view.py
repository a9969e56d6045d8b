"""The market as one venue sees it, and the words that all venues share."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from clri.collect.simulate.coins import CALM_RATE, COINS, PLACES, Coin
from clri.collect.simulate.event import START, Event, Order
from clri.model.names import Side, Venue
from clri.model.timebase import HOUR, MILLI

START_MS: Final = START // MILLI
NEXT_FUNDING_MS: Final = (START // (8 * HOUR) + 1) * 8 * HOUR // MILLI
"""The coming settlement of venues that settle every 8 h."""
LEVELS: Final = 24
"""Levels of a deep book a side, one each 0.1 %: to 2.35 %."""
TOP: Final = 0.002
"""Share of the depth that stands at the best prices."""

Json = dict[str, Any] | list[Any]
Said = tuple[str | None, Json]
"""Method and path if it is a REST reply, and what is said."""
Level = tuple[float, float]


class Sent(NamedTuple):
    """A liquidation that a venue told: what its frame must be decoded to. `at` = the venue's time, ns."""

    venue: Venue
    symbol: str
    side: Side
    price: float
    qty: float
    usd: float
    at: int
    backfill: bool


class Told(NamedTuple):
    """A frame of liquidations, received at `recv_ns`, and what stands in it."""

    recv_ns: int
    frame: Json
    sent: list[Sent]


class View:
    """State of the event at one venue.

    Parameters
    ----------
    event
        The market.
    number
        Place of the venue in PLACES.
    """

    def __init__(self, event: Event, number: int) -> None:
        self.event = event
        self.number = number
        self.place = PLACES[number]

    def index(self, t: int, i: int) -> float:
        """Index price, USD."""
        return self.event.index[t][i]

    def mark(self, t: int, i: int) -> float:
        """Mark price, USD."""
        return self.event.index[t][i] * (1.0 + self.event.premium[t][i] + self.place.basis)

    def rate(self, t: int, i: int) -> float:
        """Funding per 8 h, fraction."""
        return CALM_RATE + (self.event.rate[t][i] - CALM_RATE) * (1.0 + self.place.heat)

    def interest(self, t: int, i: int) -> float:
        """Open interest, coins."""
        return self.event.coins[t][i] * self.place.oi

    def perp(self, t: int, i: int) -> float:
        """Perpetual turnover of 24 h, USD."""
        return self.event.perp[t][i] * self.place.oi

    def spot(self, t: int, i: int) -> float:
        """Spot turnover of 24 h, USD."""
        return self.event.spot[t][i] * self.place.spot

    def ratio(self, t: int, i: int) -> float:
        """Long to short accounts."""
        return self.event.ratio[t][i] * self.place.ratio

    def day_open(self, i: int) -> float:
        """Price a day ago, USD."""
        return COINS[i].price * 0.985

    def levels(self, t: int, i: int, count: int = LEVELS) -> tuple[list[Level], list[Level]]:
        """Bids and asks as (price, coins), best first; within 1 % they hold the venue's depth."""
        coin, middle = COINS[i], self.mark(t, i)
        tick = 10.0**-coin.digits
        sides = []
        for sign, depth in ((-1.0, self.event.bids[t][i]), (1.0, self.event.asks[t][i])):
            usd = depth * self.place.depth
            side = [(middle + sign * tick, usd * TOP / middle)]
            for k in range(count):
                price = middle * (1.0 + sign * (0.0005 + 0.001 * k))
                side.append((price, usd * (1.0 - TOP) / 10.0 / price))
            sides.append(side)
        return sides[0], sides[1]


class VenueFrames:
    """What a venue says: base of the six. Methods return replies and frames of one second."""

    def __init__(self, view: View) -> None:
        self.view = view

    def opening(self) -> Iterable[Said]:
        """Contract list, answers to subscriptions, first pushes."""
        raise NotImplementedError

    def marks(self, t: int) -> Iterable[Said]:
        """Marks and funding, each second."""
        raise NotImplementedError

    def interest(self, t: int) -> Iterable[Said]:
        """Open interest, each 15 s."""
        raise NotImplementedError

    def books(self, t: int) -> Iterable[Said]:
        """Books and depth, each 30 s."""
        raise NotImplementedError

    def day(self, t: int) -> Iterable[Said]:
        """Turnover of 24 h, each minute."""
        raise NotImplementedError

    def ratios(self, t: int) -> Iterable[Said]:
        """Long/short ratios, each 5 min."""
        raise NotImplementedError

    def forced(self, orders: Sequence[Order]) -> Iterable[Told]:
        """Liquidations: those of the venue's orders that its feed tells."""
        raise NotImplementedError


def ms(t: int) -> int:
    """Milliseconds since 1970 of second `t` of the event."""
    return START_MS + t * 1000


def five_minutes(t: int) -> int:
    """Milliseconds of the last whole 5 minutes at second `t`."""
    return ms(t) // 300_000 * 300_000


def price(coin: Coin, value: float) -> str:
    """Price on the coin's grid."""
    return f"{value:.{coin.digits}f}"


def size(coin: Coin, value: float) -> str:
    """Size in coins on the coin's grid, at least one step.

    Examples
    --------
    >>> size(COINS[0], 0.01234), size(COINS[0], 0.0), size(COINS[4], 0.3)
    ('0.012', '0.001', '1')
    """
    return f"{max(value, 10.0**-coin.lot):.{coin.lot}f}"


def step(decimals: int) -> str:
    """Smallest step of so many decimals.

    Examples
    --------
    >>> step(2), step(0)
    ('0.01', '1')
    """
    return f"{10.0**-decimals:.{decimals}f}"


def pairs(coin: Coin, levels: Iterable[Level], unit: float = 1.0) -> list[list[str]]:
    """Levels as pairs of texts, price and size; `unit` = coins in one contract."""
    return [[f"{value:.{coin.digits}f}", f"{coins / unit:.4f}"] for value, coins in levels]


def share(ratio: float) -> tuple[str, str]:
    """Shares of longs and shorts of a ratio, to four digits.

    Examples
    --------
    >>> share(1.5)
    ('0.6000', '0.4000')
    """
    longs = round(ratio / (1.0 + ratio), 4)
    return f"{longs:.4f}", f"{1.0 - longs:.4f}"


def beyond(order: Order) -> float:
    """Bankruptcy price of a position whose forced order filled at the order's price."""
    return order.price * (0.9965 if order.long else 1.0035)
