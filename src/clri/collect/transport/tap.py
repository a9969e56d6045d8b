"""Where raw frames can be listened to on their way in, before anything is decoded."""

from collections.abc import Sequence
from typing import Protocol


class Tap(Protocol):
    """Takes what comes in as it came; it must neither wait nor raise."""

    def opened(self, connection: int, recv_ns: int, url: str, channels: Sequence[str]) -> None:
        """A socket was opened for these channels."""

    def closed(self, connection: int, recv_ns: int, reason: str) -> None:
        """A socket ended."""

    def frame(self, connection: int, recv_ns: int, raw: bytes) -> None:
        """A frame of a socket."""

    def reply(self, recv_ns: int, path: str, raw: bytes) -> None:
        """A REST reply; `path` = method, path, query and the body of a POST, without keys."""
