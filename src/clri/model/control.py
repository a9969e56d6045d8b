"""Facts about the stream itself: time passes, a feed comes or goes."""

from clri.model.facts import Fact
from clri.model.names import FeedState


class Tick(Fact, frozen=True, gc=False, tag="tik"):
    """Time is data: `boundary` (ns) has passed. `period_s` 1 drives windows, 60 closes the minute row.

    A Tick under symbol MARKET speaks to every symbol. All facts with ts <= boundary come before it.
    """

    period_s: int
    boundary: int


class FeedStatus(Fact, frozen=True, gc=False, tag="fst"):
    """State of one venue's `channel`; a lost or silent feed is data, not an exception.

    Under symbol MARKET it concerns every symbol of the venue. `calibrated` stays False until a live run settled
    the venue's unverified items.
    """

    channel: str
    state: FeedState
    code: str | None = None
    detail: str | None = None
    last_event_ts: int | None = None
    gap_from: int | None = None
    gap_to: int | None = None
    dropped: int = 0
    calibrated: bool = False
