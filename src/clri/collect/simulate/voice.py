"""What a venue says, asked or subscribed: base of the six (VENUES 2)."""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, NamedTuple
from urllib.parse import parse_qsl
from zlib import crc32

from clri.collect.simulate.chance import mix
from clri.collect.simulate.coins import COINS
from clri.collect.simulate.tape import Order
from clri.collect.simulate.throttle import Unsent
from clri.collect.simulate.view import Lens, View
from clri.model.names import Side, Venue
from clri.model.timebase import SECOND

Json = dict[str, Any] | list[Any]
Profile = Literal["light", "full", "sparse"]
"""Pace of what comes all the time: real, or once a second (light), or with a book each 10 s only (sparse)."""

SECONDS_KEPT: Final = 16
LOOK_BACK_S: Final = 900
"""How far back a first push reaches, seconds."""
BOOK_PERIOD_MS: Final = 10_000


class Topic(NamedTuple):
    """What can be subscribed: the venue's word, and its symbol (or user), empty = all."""

    channel: str
    name: str = ""


class Pace(NamedTuple):
    """Time between two pushes of a topic, ms: at the venue, and in the profile light."""

    full: int
    light: int = 1000


class Sent(NamedTuple):
    """A liquidation that a venue told: what its frame must be decoded to. `at` = the venue's time, ns.

    `number` = id of the order in the run.
    """

    venue: Venue
    symbol: str
    side: Side
    price: float
    qty: float
    usd: float
    at: int
    backfill: bool
    number: int


class Told(NamedTuple):
    """A frame that leaves the venue at `at` (ms), the topic it is of, and the liquidations that stand in it."""

    at: int
    topic: Topic
    frame: Json
    sent: tuple[Sent, ...] = ()


class Second(NamedTuple):
    """Liquidations of one second: frames, and orders that none of them tells."""

    told: list[Told]
    unsent: list[Unsent]


class RefusedError(Exception):
    """A call that the venue refuses: HTTP status and its words."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"HTTP {status}: {body}")
        self.status, self.body = status, body


@dataclass(frozen=True, slots=True)
class Asked:
    """A REST call: who is asked, with which parameters, at which time (ms)."""

    view: View
    query: Mapping[str, str]
    at: int

    def window(self, start: str, end: str, step_ms: int, most: int = 1000, default: int = 100) -> tuple[int, int]:
        """Number of rows, one each `step_ms`, and the time (ms) at which the newest ends.

        `start` and `end` name the parameters (ms) that may bound them; without these the newest rows are meant.
        """
        count, newest = self.count(most=most, default=default), min(self.at, self._time(end, self.at))
        oldest = self._time(start, 0)
        return max(0, min(count, (newest - oldest) // step_ms + 1)), newest

    def _time(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        return int(text[:14]) if text.isascii() and text.isdigit() else default

    def count(self, name: str = "limit", most: int = 1000, default: int = 100) -> int:
        """Number of rows that the call asks for, 1 to `most`; anything else is the default."""
        text = self.query.get(name, "")
        return min(most, max(1, int(text[:9]))) if text.isascii() and text.isdigit() else default


Route = Callable[[Asked], Json]


class VenueFrames(ABC):
    """What one venue says.

    Parameters
    ----------
    view
        The market at this venue.
    profile
        Pace of what comes all the time.

    Notes
    -----
    Nothing is rendered before it is asked for. The same view says the same at the same time, however it is asked.
    """

    venue: ClassVar[Venue]
    liquidations: ClassVar[str]
    """Channel of the liquidations."""
    books: ClassVar[str]
    """Channel of the books."""
    paces: ClassVar[Mapping[str, Pace]]
    """Channels that push all the time."""
    named: ClassVar[str]
    """How the venue spells a contract of a coin, with `{}` for the coin."""
    routes: ClassVar[Mapping[str, Route]]
    """REST calls by path."""

    def __init__(self, view: View, profile: Profile = "light") -> None:
        self.view = view
        self.profile = profile
        self.raws = {self.named.format(coin.symbol): i for i, coin in enumerate(COINS)}
        self._seconds: OrderedDict[tuple[int, Lens], Second] = OrderedDict()

    def topics(self) -> list[Topic]:
        """Everything that can be subscribed."""
        return [Topic(channel, raw) for channel in self.paces for raw in self.raws]

    def knows(self, topic: Topic) -> bool:
        """Whether the venue has this topic."""
        return topic in self.topics()

    def first(self, topic: Topic, at: int) -> list[Told]:
        """What a new subscription of a topic gets at once."""
        del topic, at
        return []

    @abstractmethod
    def push(self, topic: Topic, at: int) -> Json | None:
        """Frame of a topic that pushes all the time; None if it has nothing to say at this time (ms)."""

    @abstractmethod
    def forced(self, second: int) -> Second:
        """Liquidations of one second (since 1970)."""

    @abstractmethod
    def single(self, order: Order, at: int) -> Told:
        """Frame of one order that leaves at `at` (ms), whatever the throttle."""

    def frames_of(self, topic: Topic, start: int, end: int) -> Iterator[Told]:
        """Frames of a topic that leave from `start` to before `end` (ms), by time."""
        if topic.channel == self.liquidations:
            for second in range(start // 1000 - 1, (end - 1) // 1000 + 1):
                for told in self.second(second).told:
                    if start <= told.at < end and self.concerns(topic, told):
                        yield told
            return
        every = self.every(topic.channel)
        phase = mix(self.view.seed, self.view.number, crc32(topic.name.encode()), crc32(topic.channel.encode())) % every
        for at in range(start + (phase - start) % every, end, every):
            frame = self.push(topic, at)
            if frame is not None:
                yield Told(at, topic, frame)

    def concerns(self, topic: Topic, told: Told) -> bool:
        """Whether a frame of liquidations goes to those who subscribed `topic`."""
        return not topic.name or topic == told.topic

    def every(self, channel: str) -> int:
        """Time between two pushes of a topic, ms."""
        pace = self.paces[channel]
        if self.profile == "full":
            return pace.full
        return BOOK_PERIOD_MS if self.profile == "sparse" and channel == self.books else pace.light

    def second(self, second: int) -> Second:
        """As `forced`; a few seconds are kept."""
        key = (second, self.view.lens)
        found = self._seconds.get(key)
        if found is None:
            found = self.forced(second)
            if second * SECOND + SECOND <= self.view.tape.start + self.view.tape.end * SECOND:
                self._seconds[key] = found
            if len(self._seconds) > SECONDS_KEPT:
                self._seconds.popitem(last=False)
        return found

    def recent(self, at: int, count: int) -> list[Order]:
        """Newest orders told before `at` (ms), oldest first: what a first push repeats."""
        start = self.view.tape.start // SECOND
        oldest = max(start + self.view.tape.first, at // 1000 - LOOK_BACK_S)
        found: list[Order] = []
        for second in range(at // 1000 - 1, oldest - 1, -1):
            orders = {order.number: order for order in self.view.orders(second)}
            if orders:
                numbers = [sent.number for told in self.forced(second).told for sent in told.sent]
                found = [orders[number] for number in numbers if number in orders] + found
            if len(found) >= count:
                break
        return found[-count:]

    def reply(self, method: str, path: str, body: bytes | None, at: int) -> Json | None:
        """Answer to a REST call at `at` (ms); None if the venue has no such path.

        Raises
        ------
        RefusedError
            If the venue refuses the parameters.
        """
        del body
        url, _, query = path.partition("?")
        route = self.routes.get(url) if method == "GET" else None
        return None if route is None else route(Asked(self.view, dict(parse_qsl(query)), at))


def place_of(raw: str, named: str) -> int | None:
    """Place in COINS of the contract that is spelled so, or None.

    Examples
    --------
    >>> place_of("BTC_USDT", "{}_USDT"), place_of("BTCUSD", "{}_USDT")
    (0, None)
    """
    return next((i for i, coin in enumerate(COINS) if raw == named.format(coin.symbol)), None)
