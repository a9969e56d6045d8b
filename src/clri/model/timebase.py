"""UTC nanoseconds inside, ISO-8601 text at the edge, and the minute grid between them."""

from datetime import UTC, datetime, timedelta
from typing import Final

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
MILLI: Final = 1_000_000

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso(ts: int) -> str:
    """Write nanoseconds as ISO-8601 UTC with milliseconds and `Z`.

    Parameters
    ----------
    ts
        Nanoseconds since 1970 UTC; the part below a millisecond is cut.

    Examples
    --------
    >>> iso(1_790_000_000_123_456_789)
    '2026-09-21T14:13:20.123Z'
    """
    whole = _EPOCH + timedelta(milliseconds=ts // MILLI)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + f"{whole.microsecond // 1000:03d}Z"


def parse_iso(text: str) -> int:
    """Read ISO-8601 text as nanoseconds; text without a zone is UTC.

    Raises
    ------
    ValueError
        If the text is no ISO time.

    Examples
    --------
    >>> parse_iso("2026-09-21T14:13:20.123Z")
    1790000000123000000
    """
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    gone = when - _EPOCH
    return (gone.days * 86_400 + gone.seconds) * SECOND + gone.microseconds * 1_000


def minute_end(ts: int) -> int:
    """First minute boundary at or after `ts` (ns): the row that a fact received at `ts` belongs to.

    Examples
    --------
    >>> minute_end(1), minute_end(MINUTE), minute_end(MINUTE + 1)
    (60000000000, 60000000000, 120000000000)
    """
    return -(-ts // MINUTE) * MINUTE
