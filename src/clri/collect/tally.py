"""Counts of what became of each frame and row; nothing is dropped without a stated reason."""

from collections import Counter, deque
from typing import Final

import msgspec

from clri.model.errors import QuarantineError

SAMPLES: Final = 20
SAMPLE_BYTES: Final = 4096

DRIFT: Final = frozenset({"schema", "time_unit"})
"""Reasons that say the venue changed the form of its frames, and not that one frame is broken."""

REFUSALS: Final = (QuarantineError, ValueError, OverflowError)
"""What decoding or mapping raises for a frame or row that cannot be used."""


def reason_of(refusal: Exception) -> str:
    """Category under which a refused frame or row is counted.

    Examples
    --------
    >>> [reason_of(error) for error in (QuarantineError("range", ""), msgspec.ValidationError(), RecursionError())]
    ['range', 'schema', 'malformed']
    """
    if isinstance(refusal, QuarantineError):
        return refusal.reason
    return "schema" if isinstance(refusal, msgspec.ValidationError) else "malformed"


class Tally:
    """Counters by category, and a bounded sample of what was quarantined.

    Every frame is counted once in `frames`: `decoded`, `ignored:<reason>` or `quarantined:<reason>`. Rows that fail
    inside an otherwise good frame are counted in `rows`, all of them together in `left_out`. `streaks` holds the
    channels whose newest frames all failed for a reason of `DRIFT`: how many in a row, and the reason.

    Examples
    --------
    >>> tally = Tally()
    >>> tally.ignored("unused_channel")
    >>> tally.frames
    Counter({'ignored:unused_channel': 1})
    """

    def __init__(self) -> None:
        self.frames: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.samples: deque[tuple[str, bytes]] = deque(maxlen=SAMPLES)
        self.left_out = 0
        self.drift = 0
        self.streaks: dict[str, tuple[int, str]] = {}

    def ignored(self, reason: str) -> None:
        """Count a frame that is understood and not used."""
        self.frames[f"ignored:{reason}"] += 1

    def quarantined(self, reason: str, raw: bytes) -> None:
        """Count a broken frame and keep the start of it."""
        self.frames[f"quarantined:{reason}"] += 1
        self.drift += reason in DRIFT
        self.samples.append((reason, bytes(raw[:SAMPLE_BYTES])))

    def row_ignored(self, reason: str) -> None:
        """Count a row that is understood and not used."""
        self.rows[f"ignored:{reason}"] += 1
        self.left_out += 1

    def row_quarantined(self, reason: str, raw: bytes) -> None:
        """Count a broken row of a frame and keep the start of it."""
        self.rows[f"quarantined:{reason}"] += 1
        self.left_out += 1
        self.drift += reason in DRIFT
        self.samples.append((reason, bytes(raw[:SAMPLE_BYTES])))

    def lasts(self, channel: str) -> None:
        """Count one more frame in a row of a channel that drifts; the newest sample tells why."""
        count, _ = self.streaks.get(channel, (0, ""))
        self.streaks[channel] = (count + 1, self.samples[-1][0])
