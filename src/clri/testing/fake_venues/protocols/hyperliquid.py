"""Hyperliquid: one subscription a frame; ten users at most (VENUES 2.6)."""

from typing import Any, ClassVar, Final

from clri.collect.simulate.voice import Topic, VenueFrames
from clri.testing.fake_venues.protocol import Heard, Protocol, decoded, encode

USERS: Final = 10
SUBSCRIPTIONS: Final = 1000


class HyperliquidProtocol(Protocol):
    """One socket."""

    paths: ClassVar = frozenset({"/ws"})
    idle_s = 60.0
    pushes_count = True

    def __init__(self, voice: VenueFrames, path: str, query: str, headers: Any) -> None:  # noqa: ANN401
        super().__init__(voice, path, query, headers)
        self._topics: set[Topic] = set()

    def heard(self, text: str, now: float, wall_ms: int) -> Heard:
        """Subscribe, unsubscribe, ping."""
        del now, wall_ms
        asked = decoded(text)
        if asked is not None and asked.get("method") == "ping":
            return Heard([encode({"channel": "pong"})])
        wanted = {} if asked is None else asked.get("subscription", {})
        if asked is None or asked.get("method") not in {"subscribe", "unsubscribe"} or not isinstance(wanted, dict):
            return Heard([_error(f"Error parsing JSON into valid websocket request: {text[:200]}")])
        topic = Topic(str(wanted.get("type", "")), str(wanted.get("coin") or wanted.get("user") or ""))
        if not self.voice.knows(topic):
            return Heard([_error(f"Invalid subscription {encode(wanted).decode()}")])
        if asked["method"] == "subscribe":
            return self._subscribed(topic, asked)
        self._topics.discard(topic)
        return Heard([encode({"channel": "subscriptionResponse", "data": asked})], drop=[topic])

    def _subscribed(self, topic: Topic, asked: dict[str, Any]) -> Heard:
        if topic in self._topics:
            return Heard([_error(f"Already subscribed: {encode(asked['subscription']).decode()}")])
        users = {known.name for known in (*self._topics, topic) if known.channel == self.voice.liquidations}
        if len(users) > USERS:
            return Heard([_error(f"Cannot track more than {USERS} total users.")], over=f"more than {USERS} users")
        if len(self._topics) >= SUBSCRIPTIONS:
            return Heard([_error("Too many subscriptions")], over=f"more than {SUBSCRIPTIONS} subscriptions")
        self._topics.add(topic)
        return Heard([encode({"channel": "subscriptionResponse", "data": asked})], add=[topic])


def _error(text: str) -> bytes:
    return encode({"channel": "error", "data": text})
