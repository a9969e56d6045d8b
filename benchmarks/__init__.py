"""Measurements against pinned peers, one file per target; `make bench` runs them in an environment of their own.

    harness              how a comparison is timed, printed and written
    frames               synthetic frames of three venues
    ccxt_peer            ccxt's own socket client and handlers, without a network
    plain/               the same work as ours by orjson and plain Python
    text_to_fact         frame text -> fact
    bytes_to_cascade     received bytes -> six-factor cascade score
    event_tier           one liquidation through every detector
    minute_tier          five years of minutes through every score
    exact_history        one exact 30-day history against pandas
    composite_vs_river   the composite score against one rolling z-score of river
    replay               facts per second through the whole pipeline
    live_burst           20,000 frames a second over sockets, against ccxt.pro on the same streams (bursts/)

Every file has `run(*, quick) -> list of Line`. Peers are imported only where they run.
"""

from typing import Final

BENCHMARKS: Final = (
    "text_to_fact",
    "bytes_to_cascade",
    "event_tier",
    "minute_tier",
    "exact_history",
    "composite_vs_river",
    "replay",
    "live_burst",
)
