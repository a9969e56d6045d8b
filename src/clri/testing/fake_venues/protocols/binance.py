"""Binance: streams by URL and by SUBSCRIBE, routed by path; the old paths acknowledge and stay silent (VENUES 2.1)."""

from typing import ClassVar, Final
from urllib.parse import parse_qs

from clri.collect.simulate.voice import Topic, VenueFrames
from clri.testing.fake_venues.protocol import Heard, Limit, Protocol, decoded, encode

STREAMS: Final = 1024
FRAMES_S: Final = 10
MARKET: Final = "/market/stream"
PUBLIC: Final = "/public/stream"
UNROUTED: Final = frozenset({"/stream", "/ws"})


class BinanceProtocol(Protocol):
    """One socket; every stream is acknowledged, whether there is such a stream or not."""

    paths: ClassVar = frozenset({MARKET, PUBLIC}) | UNROUTED
    idle_s = 86_400.0
    ping_s = 180.0

    def __init__(self, voice: VenueFrames, path: str, query: str, headers: object) -> None:
        super().__init__(voice, path, query, headers)  # type: ignore[arg-type]
        self._limit = Limit(FRAMES_S, 1.0)
        self._streams: set[str] = set()

    def opened(self) -> Heard:
        """Streams of the URL."""
        names = parse_qs(self.query).get("streams", [""])[0].split("/")
        return self._added([name for name in names if name], [])

    def heard(self, text: str, now: float, wall_ms: int) -> Heard:
        """SUBSCRIBE, UNSUBSCRIBE; anything else is an error."""
        del wall_ms
        if self._limit.over(now):
            return Heard(over=f"more than {FRAMES_S} frames a second", close=1008)
        asked = decoded(text)
        names = [] if asked is None else asked.get("params", [])
        if asked is None or asked.get("method") not in {"SUBSCRIBE", "UNSUBSCRIBE"} or not isinstance(names, list):
            return Heard([encode({"error": {"code": 2, "msg": "Invalid request: unknown variant"}, "id": None})])
        answer = [encode({"result": None, "id": asked.get("id")})]
        if asked["method"] == "UNSUBSCRIBE":
            self._streams.difference_update(names)
            return Heard(answer, drop=[topic_of(str(name)) for name in names])
        return self._added([str(name) for name in names], answer)

    def _added(self, names: list[str], answer: list[bytes]) -> Heard:
        self._streams.update(names)
        if len(self._streams) > STREAMS:
            return Heard(over=f"more than {STREAMS} streams", close=1008)
        return Heard(answer, add=[topic_of(name) for name in names])

    def serves(self, topic: Topic) -> bool:
        """Books come on one path, all else on the other, and nothing at all on the old ones."""
        route = PUBLIC if topic.channel == self.voice.books else MARKET
        return self.path == route and self.voice.knows(topic)


def topic_of(stream: str) -> Topic:
    """Topic of a stream's name.

    Examples
    --------
    >>> topic_of("btcusdt@ticker"), topic_of("!forceOrder@arr")
    (Topic(channel='@ticker', name='BTCUSDT'), Topic(channel='!forceOrder@arr', name=''))
    """
    if stream.startswith("!"):
        return Topic(stream)
    name, at, channel = stream.partition("@")
    return Topic(at + channel, name.upper())
