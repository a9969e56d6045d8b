"""What a venue makes of the frames that a client sends: base of the six (VENUES 2)."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from clri.collect.simulate.voice import Json, Topic, VenueFrames

encode: Final = msgspec.json.encode


class Heard(msgspec.Struct):
    """What a frame of the client leads to.

    `answers` go out first; `add` and `drop` = topics; `over` = a limit that was passed; `close` = the venue hangs up.
    """

    answers: list[bytes] = []
    add: list[Topic] = []
    drop: list[Topic] = []
    over: str = ""
    close: int | None = None


class Limit:
    """At most so many in a time, s; tells when there were more.

    Examples
    --------
    >>> limit = Limit(2, 1.0)
    >>> [limit.over(at) for at in (0.0, 0.1, 0.2, 1.3)]
    [False, False, True, False]
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._times: deque[float] = deque()

    @property
    def used(self) -> int:
        """Number in the time that ended with the last one."""
        return len(self._times)

    def over(self, now: float, count: int = 1) -> bool:
        """Count some; whether that is too many."""
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        self._times.extend([now] * count)
        return len(self._times) > self._most


class Protocol(ABC):
    """One connection as the venue sees it.

    Parameters
    ----------
    voice
        What the venue has to say.
    path, query
        Of the URL that was opened.
    headers
        Of the handshake.
    """

    paths: ClassVar[frozenset[str]]
    """Paths at which the venue has sockets."""
    idle_s: ClassVar[float] = 600.0
    """Time without a frame of the client after which the venue hangs up."""
    first_s: ClassVar[float | None] = None
    """Time to the first subscription after which the venue hangs up; None: it waits."""
    ping_s: ClassVar[float | None] = None
    """Time between two pings of the venue; None: the client pings."""
    pushes_count: ClassVar[bool] = False
    """Whether a frame of the venue also ends an idle time."""

    def __init__(self, voice: VenueFrames, path: str, query: str, headers: Mapping[str, str]) -> None:
        self.voice, self.path, self.query, self.headers = voice, path, query, headers

    def opened(self) -> Heard:
        """What the URL asks for."""
        return Heard()

    @abstractmethod
    def heard(self, text: str, now: float, wall_ms: int) -> Heard:
        """What a frame asks for.

        Parameters
        ----------
        now
            Seconds, for limits.
        wall_ms
            The venue's clock.
        """

    def serves(self, topic: Topic) -> bool:
        """Whether this socket pushes a topic: some are acknowledged and never come."""
        return self.voice.knows(topic)

    def shaped(self, topic: Topic, frame: Json) -> Json:
        """A frame as this connection gets it."""
        del topic
        return frame


def decoded(text: str) -> dict[str, Any] | None:
    """Object that a text holds, or None."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (ValueError, RecursionError):
        return None
