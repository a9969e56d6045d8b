"""What a refusal means, and for how long to stay away: HTTP statuses, Retry-After, failed connects (VENUES 6)."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
import msgspec

from clri.collect.transport.watchdog import Key
from clri.model.names import FeedState

WAITS_S: Final = {429: 60.0, 418: 600.0}
"""Wait without a Retry-After; 418 is a ban after too many 429."""
WAIT_CAP_S: Final = 3600.0
BLOCKED_S: Final = 600.0
PROBE_S: Final = 900.0
TOO_MANY, REDIRECT, CLIENT = 429, 300, 400


class Loss(msgspec.Struct, frozen=True):
    """Why a socket ended or a call failed.

    `label` opens the detail of the feed's status; `wait_s` is the least time before the next try; `keys` are the
    topics whose silence was the reason.
    """

    label: str
    detail: str
    state: FeedState = "down"
    wait_s: float = 0.0
    keys: tuple[Key, ...] = ()


def retry_after_s(text: str | None, wall_ns: int, default_s: float) -> float:
    """Seconds of a Retry-After header (seconds or a date), at most an hour; the default if there is none.

    Examples
    --------
    >>> [retry_after_s(text, 0, 60.0) for text in ("7", "Thu, 01 Jan 1970 00:00:30 GMT", "soon", None, "99999")]
    [7.0, 30.0, 60.0, 60.0, 3600.0]
    """
    if text is None:
        return default_s
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(WAIT_CAP_S, float(text[:9]))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return default_s
    seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - wall_ns / 1e9
    return min(WAIT_CAP_S, max(0.0, seconds))


def of_status(status: int, retry_after: str | None, wall_ns: int) -> Loss | None:
    """Refusal that an HTTP status means; None below 300."""
    if status in WAITS_S:
        wait_s = retry_after_s(retry_after, wall_ns, WAITS_S[status])
        label = "rate_limited" if status == TOO_MANY else "banned"
        return Loss(label, f"HTTP {status}, {wait_s:.0f} s", "rate_limited", wait_s)
    if status == 451:  # noqa: PLR2004 - statuses are their own names
        return Loss("geo_blocked", "HTTP 451", "geo_blocked", PROBE_S)
    if status == 403:  # noqa: PLR2004
        return Loss("blocked", "HTTP 403", "down", BLOCKED_S)
    if REDIRECT <= status < CLIENT:
        return Loss("content", f"redirect, HTTP {status}")
    return Loss("lost", f"HTTP {status}") if status >= CLIENT else None


def of_connect(error: Exception, wall_ns: int) -> Loss:
    """Refusal that a failed handshake means; a feed that was refused is down, whatever the reason."""
    if isinstance(error, aiohttp.WSServerHandshakeError):
        after = error.headers.get("Retry-After") if error.headers else None
        found = of_status(error.status, after, wall_ns)
        if found is not None:
            return msgspec.structs.replace(found, state="down") if found.state == "rate_limited" else found
    return Loss("lost", f"connect: {type(error).__name__}")


def bug(error: BaseException) -> Loss:
    """Loss by an error of our own; of a group of errors the first is named."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return Loss("lost", f"error in clri: {type(error).__name__}")
