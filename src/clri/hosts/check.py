"""The stage before the pipeline, as the hosts see it."""

from collections.abc import Iterable
from typing import Protocol

from clri.model.facts import Fact


class Check(Protocol):
    """Stage before the pipeline that sees all venues: it passes facts on, holds or drops them, and adds statuses."""

    def feed(self, fact: Fact) -> Iterable[Fact]:
        """Facts that follow from one fact, in order."""

    def snapshot(self) -> bytes:
        """State as bytes."""

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
