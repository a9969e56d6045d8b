"""Health of the data: what one feed of one venue delivers, and what its loss costs which score."""

from typing import Final, Literal

import msgspec

from clri.model.names import SCHEMA, Completeness, FeedState, Mode, Venue

HealthState = Literal[FeedState, "quiet", "late"]
"""The words of FeedStatus and two of a feed that is up: `quiet` = nothing happened, as is usual for it, and `late` =
nothing came for more than twice its usual gap. Silence beyond its limit is `stale`, never `quiet`."""

BAD: Final = frozenset({"down", "stale", "gap", "geo_blocked", "disabled", "unsupported"})
"""States in which a feed delivers nothing that counts."""


class FeedHealth(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="fhl"):
    """One feed at `ts`. Rows of one `ts` are one picture; a picture replaces the former one.

    | field | meaning |
    |---|---|
    | venue, channel | as in FeedStatus; `rest` and `spot` are the hosts that are polled |
    | symbol | None = the channel; a coin only while that coin's part differs from the channel |
    | state, code, detail | a word, the code of its trouble, and both in a sentence |
    | last_event_ts, data_age_s | newest data, receipt in UTC ns, and its age, s; None before the first |
    | events_per_min, expected_per_min | mean of the last 5 whole minutes, and of the last hours |
    | gaps_24h, gap_s_24h | spans without a proven feed in 24 h, their number and length, s; one that runs counts |
    | reconnects_24h | sockets of the venue that were lost in 24 h |
    | skew_ms | least receipt - venue time in 10 min; far from 0 = a clock is wrong; None = too few stamps |
    | quarantined, dropped | rows and frames of the venue put aside, and facts thinned out, since the start |
    | completeness | of liquidations: anything but `all` makes their sums lower bounds; else None |
    | calibrated | a live run settled the venue's unverified items |
    | effect | what its loss does to which input of which coins; None while nothing is lost |
    """

    ts: int
    mode: Mode
    venue: Venue
    channel: str
    symbol: str | None
    state: HealthState
    code: str | None = None
    detail: str | None = None
    last_event_ts: int | None = None
    data_age_s: float | None = None
    events_per_min: float | None = None
    expected_per_min: float | None = None
    gaps_24h: int = 0
    gap_s_24h: float = 0.0
    reconnects_24h: int = 0
    skew_ms: float | None = None
    quarantined: int = 0
    dropped: int = 0
    completeness: Completeness | None = None
    calibrated: bool = False
    effect: str | None = None
    schema: int = SCHEMA
