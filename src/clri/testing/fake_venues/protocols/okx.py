"""OKX: channels as objects, each answered by itself; text ping (VENUES 2.3)."""

from typing import Any, ClassVar, Final

from clri.collect.simulate.venues.okx import FORCED
from clri.collect.simulate.voice import Topic, VenueFrames
from clri.testing.fake_venues.protocol import Heard, Limit, Protocol, decoded, encode

OPERATIONS_H: Final = 480
FRAME_BYTES: Final = 4096


class OkxProtocol(Protocol):
    """One public socket."""

    paths: ClassVar = frozenset({"/ws/v5/public"})
    idle_s = 30.0
    pushes_count = True

    def __init__(self, voice: VenueFrames, path: str, query: str, headers: Any) -> None:  # noqa: ANN401
        super().__init__(voice, path, query, headers)
        self._limit = Limit(OPERATIONS_H, 3600.0)

    def heard(self, text: str, now: float, wall_ms: int) -> Heard:
        """Subscribe, unsubscribe, ping."""
        del wall_ms
        if text == "ping":
            return Heard([b"pong"])
        asked = decoded(text)
        args = [] if asked is None else asked.get("args", [])
        if asked is None or asked.get("op") not in {"subscribe", "unsubscribe"} or not isinstance(args, list):
            return Heard([_error("60012", f"Invalid request: {text[:80]}")])
        if len(text) > FRAME_BYTES:
            return Heard([_error("60012", "The request is too long")], over=f"a frame above {FRAME_BYTES} bytes")
        if self._limit.over(now, len(args)):
            return Heard(
                [_error("60014", "Requests too frequent")], over=f"more than {OPERATIONS_H} operations an hour"
            )
        found = Heard([], [], [])
        for arg in args:
            topic = Topic(str(arg.get("channel", "")), str(arg.get("instId", "")))
            if not self.voice.knows(topic) or (topic == FORCED and arg.get("instType") != "SWAP"):
                found.answers.append(_error("60018", f"Wrong URL or channel:{topic.channel},instId:{topic.name}"))
                continue
            found.answers.append(encode({"event": asked["op"], "arg": arg, "connId": "fake"}))
            (found.add if asked["op"] == "subscribe" else found.drop).append(topic)
        return found


def _error(code: str, text: str) -> bytes:
    return encode({"event": "error", "code": code, "msg": text, "connId": "fake"})
