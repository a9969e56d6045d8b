"""Gate: channels with payloads; some answers of success are followed by nothing (VENUES 2.4)."""

from typing import Any, ClassVar, Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.replies.gate import NAMED
from clri.collect.simulate.venues.gate import FORCED
from clri.collect.simulate.voice import Json, Topic
from clri.testing.fake_venues.protocol import Heard, Protocol, decoded, encode

FRESH_S: Final = 60
"""Age at which a request is refused."""
FALSE_ACKS: Final = frozenset({"futures.obu"})
"""Channels that acknowledge everything; what they would push is not simulated."""


class GateProtocol(Protocol):
    """One socket of USDT contracts."""

    paths: ClassVar = frozenset({"/v4/ws/usdt"})
    idle_s = 600.0
    first_s = 30.5

    def heard(self, text: str, now: float, wall_ms: int) -> Heard:
        """Subscribe, unsubscribe, ping."""
        del now
        asked = decoded(text)
        channel = "" if asked is None else str(asked.get("channel", ""))
        if asked is None or not channel:
            return Heard([_answer(wall_ms, "", None, {"code": 1, "message": "invalid request"})])
        if channel == "futures.ping":
            return Heard(
                [encode({"time": wall_ms // 1000, "time_ms": wall_ms, "channel": "futures.pong", "event": ""})]
            )
        if abs(wall_ms // 1000 - int(asked.get("time", 0))) > FRESH_S:
            return Heard([_answer(wall_ms, channel, asked, {"code": 2, "message": "request expired"})])
        payload = [str(one) for one in asked.get("payload", [])]
        topics = _topics(channel, payload)
        if channel not in FALSE_ACKS and not (topics and all(self.voice.knows(topic) for topic in topics)):
            return Heard([_answer(wall_ms, channel, asked, {"code": 2, "message": f"unknown contract {payload[:1]}"})])
        answers = [_answer(wall_ms, channel, asked, None)]
        if asked.get("event") == "unsubscribe":
            return Heard(answers, drop=topics)
        return Heard(answers, add=topics)

    def shaped(self, topic: Topic, frame: Json) -> Json:
        """Without the header of the handshake sizes lose their fraction."""
        if topic != FORCED or self.headers.get("X-Gate-Size-Decimal") == "1" or not isinstance(frame, dict):
            return frame
        rows = [row | {"size": int(float(row["size"]))} for row in frame["result"]]
        return frame | {"result": rows}


def _topics(channel: str, payload: list[str]) -> list[Topic]:
    if channel == FORCED.channel:
        return [FORCED] if payload == ["!all"] else [Topic(channel, name) for name in payload]
    if channel == "futures.order_book":
        return [Topic(channel, payload[0])] if len(payload) == 3 else []  # noqa: PLR2004 - contract, levels, interval
    names = {NAMED.format(coin.symbol) for coin in COINS} if payload == ["!all"] else payload
    return [Topic(channel, name) for name in names]


def _answer(wall_ms: int, channel: str, asked: dict[str, Any] | None, error: dict[str, Any] | None) -> bytes:
    said: dict[str, Any] = {"time": wall_ms // 1000, "time_ms": wall_ms, "conn_id": "fake", "channel": channel}
    said |= {"event": "subscribe" if asked is None else asked.get("event", "subscribe")}
    said |= {"payload": [] if asked is None else asked.get("payload", [])}
    return encode(said | ({"error": error} if error else {"result": {"status": "success"}}))
