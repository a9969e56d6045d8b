"""Bitget: protocol 3 for liquidations and tickers, protocol 2 for books; text ping (VENUES 2.5)."""

from typing import Any, ClassVar, Final

from clri.collect.simulate.voice import Topic, VenueFrames
from clri.testing.fake_venues.protocol import Heard, Limit, Protocol, decoded, encode

V3: Final = "/v3/ws/public"
V2: Final = "/v2/ws/public"
FRAMES_S: Final = 10
SUBSCRIBES_H: Final = 240
STREAMS: Final = 1000


class BitgetProtocol(Protocol):
    """One public socket of either protocol."""

    paths: ClassVar = frozenset({V3, V2})
    idle_s = 120.0
    first_s = 30.0

    def __init__(self, voice: VenueFrames, path: str, query: str, headers: Any) -> None:  # noqa: ANN401
        super().__init__(voice, path, query, headers)
        self._frames, self._subscribes = Limit(FRAMES_S, 1.0), Limit(SUBSCRIBES_H, 3600.0)
        self._streams: set[Topic] = set()

    def heard(self, text: str, now: float, wall_ms: int) -> Heard:
        """Subscribe, unsubscribe, ping."""
        del wall_ms
        if self._frames.over(now):
            return Heard(over=f"more than {FRAMES_S} frames a second", close=1008)
        if text == "ping":
            return Heard([b"pong"])
        asked = decoded(text)
        args = [] if asked is None else asked.get("args", [])
        if asked is None or asked.get("op") not in {"subscribe", "unsubscribe"} or not isinstance(args, list):
            return Heard([_error({}, 30003, "Wrong parameter")])
        if self._subscribes.over(now):
            return Heard([_error({}, 30006, "request too many")], over=f"more than {SUBSCRIBES_H} frames an hour")
        found = Heard([], [], [])
        for arg in args:
            topic = self._topic(arg)
            if topic is None or not self.voice.knows(topic):
                found.answers.append(_error(arg, 30001, f"channel does not exist: {arg}"))
                continue
            found.answers.append(encode({"event": asked["op"], "arg": arg}))
            (found.add if asked["op"] == "subscribe" else found.drop).append(topic)
        self._streams.update(found.add)
        if len(self._streams) > STREAMS:
            return Heard(over=f"more than {STREAMS} streams", close=1008)
        return found

    def _topic(self, arg: dict[str, Any]) -> Topic | None:
        market = str(arg.get("instType", ""))
        if self.path == V3 and market == "usdt-futures" and arg.get("topic") in {"liquidation", "ticker"}:
            return Topic(str(arg["topic"]), str(arg.get("symbol", "")))
        if self.path == V2 and market == "USDT-FUTURES" and arg.get("channel") == self.voice.books:
            return Topic(self.voice.books, str(arg.get("instId", "")))
        return None


def _error(arg: dict[str, Any], code: int, text: str) -> bytes:
    return encode({"event": "error", "arg": arg, "code": code, "msg": text})
