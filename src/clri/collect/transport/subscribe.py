"""Subscribe frames: what is to be acknowledged, asked again, and refused (VENUES 5)."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from clri.collect.mapper import Control
from clri.collect.transport.topics import covers
from clri.collect.transport.watchdog import Key

ACK_S: Final = 10.0
TRIES: Final = 2


class Refused(msgspec.Struct, frozen=True):
    """A frame that the venue refused, or never acknowledged, twice."""

    frame: bytes
    reason: str


class _Asked:
    __slots__ = ("frame", "since", "tries", "waiting")

    def __init__(self, frame: bytes) -> None:
        self.frame = frame
        self.waiting = set(answers(frame))
        self.tries = 0
        self.since: float | None = None


class Subscriptions:
    """Acknowledgement of each frame of one socket; the socket sends, this class knows what is due.

    Examples
    --------
    >>> asked = Subscriptions([b'{"op":"subscribe","req_id":"1","args":["tickers.BTCUSDT"]}'])
    >>> asked.sent(0, 0.0)
    >>> asked.due(10.1)
    ([0], [])
    >>> asked.sent(0, 11.0)
    >>> asked.answered(Control("ack", "1")), asked.due(99.0)
    (None, ([], []))
    """

    def __init__(self, frames: list[bytes]) -> None:
        self._asked = [_Asked(frame) for frame in frames]
        self._again: list[int] = []
        self._refused: list[Refused] = []

    def frame(self, number: int) -> bytes:
        """Frame of this number."""
        return self._asked[number].frame

    def sent(self, number: int, now: float) -> None:
        """A frame went out."""
        asked = self._asked[number]
        asked.since = now
        asked.tries += 1

    def answered(self, control: Control) -> None:
        """Take an ack or nack; one that names nothing is about the oldest frame that waits."""
        keys = ((control.channel or "", control.symbol), (control.channel or "", None))
        waiting = [number for number, one in enumerate(self._asked) if one.since is not None and one.waiting]
        named = [number for number in waiting if any(key in self._asked[number].waiting for key in keys)]
        if not named and control.channel is None:
            named = waiting
        if not named:
            return
        asked = self._asked[named[0]]
        if control.kind == "ack":
            asked.waiting -= set(keys)
            if not asked.waiting:
                asked.since = None
        else:
            self._failed(named[0], control.reason or "refused")

    def _failed(self, number: int, reason: str) -> None:
        asked = self._asked[number]
        asked.since = None
        if asked.tries < TRIES:
            self._again.append(number)
        else:
            asked.waiting.clear()
            self._refused.append(Refused(asked.frame, reason))

    def due(self, now: float) -> tuple[list[int], list[Refused]]:
        """Frames to be sent again, and those that were refused for good since the last call."""
        for number, asked in enumerate(self._asked):
            if asked.since is not None and now - asked.since > ACK_S:
                self._failed(number, f"no acknowledgement within {ACK_S:g} s")
        again, self._again = self._again, []
        refused, self._refused = self._refused, []
        return again, refused

    def renew(self, keys: list[Key]) -> list[bytes]:
        """Frames that cancel and renew the subscription of these topics; empty if they stand in the URL."""
        frames = dict.fromkeys(asked.frame for asked in self._asked if any(covers(asked.frame, key) for key in keys))
        found = []
        for frame in frames:
            part = _narrowed(frame, keys)
            found += [part.replace(b"subscribe", b"unsubscribe").replace(b"SUBSCRIBE", b"UNSUBSCRIBE"), part]
        return found


def answers(frame: bytes) -> Iterator[tuple[str, str | None]]:
    """(channel, symbol) of the Controls that acknowledge a frame: its id, or each of its topics.

    Examples
    --------
    >>> list(answers(b'{"method":"SUBSCRIBE","params":["btcusdt@ticker"],"id":7}'))
    [('7', None)]
    >>> list(answers(b'{"op":"subscribe","args":[{"channel":"books5","instId":"BTC-USDT-SWAP"}]}'))
    [('books5', 'BTC-USDT-SWAP')]
    """
    asked: dict[str, Any] = msgspec.json.decode(frame)
    for name in ("id", "req_id"):
        if name in asked:
            yield str(asked[name]), None
            return
    if "channel" in asked:
        yield asked["channel"], None
    topics = [asked["subscription"]] if "subscription" in asked else asked.get("args", [])
    for topic in topics:
        channel = topic.get("channel") or topic.get("topic") or topic.get("type")
        yield channel, topic.get("instId") or topic.get("symbol") or topic.get("coin") or topic.get("user")


def _narrowed(frame: bytes, keys: list[Key]) -> bytes:
    """Frame with only the topics in question, where it lists several."""
    asked: dict[str, Any] = msgspec.json.decode(frame)
    for name in ("params", "args"):
        if isinstance(listed := asked.get(name), list):
            asked[name] = [one for one in listed if any(covers(msgspec.json.encode(one), key) for key in keys)]
    return msgspec.json.encode(asked)
