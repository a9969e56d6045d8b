"""Facts about the stream itself: time passes, a feed comes or goes."""

from typing import Final

from clri.model.facts import Fact
from clri.model.names import MARKET, FeedState, Source, Venue

LIQUIDATION: Final = "liquidation"
"""Channel of the liquidations of a venue, whatever the venue calls it."""
LISTING: Final = "instruments"
"""Channel about what a venue lists; `unsupported` on it: the symbol is not listed there."""


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


def feed_status(  # noqa: PLR0913 - the fields of the fact
    venue: Venue,
    channel: str,
    state: FeedState,
    ts: int,
    symbol: str = MARKET,
    *,
    raw: str | None = None,
    code: str | None = None,
    detail: str | None = None,
    gap_from: int | None = None,
    gap_to: int | None = None,
    src: Source = "ws",
) -> FeedStatus:
    """State of a venue's feed at `ts` (ns) as a fact.

    Examples
    --------
    >>> feed_status("okx", LIQUIDATION, "up", 60_000_000_000).symbol
    'MARKET'
    """
    head = (ts, None, symbol, venue, "perp", raw, src, None, False)
    return FeedStatus(*head, channel, state, code, detail, None, gap_from, gap_to)  # type: ignore[arg-type]
