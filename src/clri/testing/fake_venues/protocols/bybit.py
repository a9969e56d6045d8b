"""Bybit: topics as texts; one wrong topic refuses its whole frame (VENUES 2.2)."""

from typing import ClassVar, Final

from clri.collect.simulate.voice import Topic
from clri.testing.fake_venues.protocol import Heard, Protocol, decoded, encode

PATH: Final = "/v5/public/linear"
CHARS: Final = 21_000
"""Characters of topics that a connection may ask for."""


class BybitProtocol(Protocol):
    """One socket of linear contracts."""

    paths: ClassVar = frozenset({PATH})
    idle_s = 600.0
    _chars = 0

    def heard(self, text: str, now: float, wall_ms: int) -> Heard:
        """Subscribe, unsubscribe, ping."""
        del now, wall_ms
        asked = decoded(text)
        if asked is None:
            return Heard([self._answer("", "", "Params Error", success=False)])
        name, number = str(asked.get("op", "")), str(asked.get("req_id", ""))
        if name == "ping":
            return Heard([self._answer("ping", number, "pong")])
        topics = [str(topic) for topic in asked.get("args", [])]
        if name == "unsubscribe":
            return Heard([self._answer(name, number, "")], drop=[topic_of(topic) for topic in topics])
        if name != "subscribe" or not topics:
            return Heard([self._answer(name, number, "error:params error", success=False)])
        return self._subscribed(number, topics)

    def _subscribed(self, number: str, topics: list[str]) -> Heard:
        wrong = [topic for topic in topics if not self.voice.knows(topic_of(topic))]
        if wrong:
            said = f"error:handler not found,topic:{wrong[0]}"
            return Heard([self._answer("subscribe", number, said, success=False)])
        self._chars += sum(len(topic) + 3 for topic in topics)
        if self._chars > CHARS:
            said = "error:args length exceeds limit"
            answer = self._answer("subscribe", number, said, success=False)
            return Heard([answer], over=f"more than {CHARS} characters")
        return Heard([self._answer("subscribe", number, "")], add=[topic_of(topic) for topic in topics])

    def _answer(self, name: str, number: str, said: str, *, success: bool = True) -> bytes:
        return encode({"success": success, "ret_msg": said, "conn_id": "fake", "req_id": number, "op": name})


def topic_of(text: str) -> Topic:
    """Topic of its text.

    Examples
    --------
    >>> topic_of("orderbook.50.BTCUSDT")
    Topic(channel='orderbook.50', name='BTCUSDT')
    """
    channel, _, name = text.rpartition(".")
    return Topic(channel, name)
