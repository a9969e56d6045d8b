"""The narrow waist: one row per symbol per minute, the only input of every minute-tier score."""

from typing import Final

import msgspec

from clri.model.names import SCHEMA, Mode

INPUTS: Final = ("price", "funding", "oi", "volume", "spot", "liq", "book", "ls", "stable")
"""Input groups; each has `cov_<c>` (0..1), `age_<c>_s` (s) and `n_<c>` (venues) in the row."""


class Observation(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="obs"):
    """What was known about one symbol at the end `ts` (ns) of a minute, from facts received at or before it.

    Rows come every minute even when nothing came; missing is None. Venue values are combined as SCORES 2.1 states.
    `liq_*_usd` sum this row's period only: 0 with a healthy feed, None without. Windows are built from these rows.
    """

    ts: int
    symbol: str
    mode: Mode
    schema: int = SCHEMA
    # price
    price: float | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    index_price: float | None = None
    spot_price: float | None = None
    volume_1h_usd: float | None = None
    # volume
    perp_volume_24h_usd: float | None = None
    spot_volume_24h_usd: float | None = None
    # funding
    funding_8h: float | None = None
    predicted_8h: float | None = None
    funding_min_8h: float | None = None
    funding_max_8h: float | None = None
    funding_apr: float | None = None
    next_funding_ts: int | None = None
    settled_8h: float | None = None
    # open interest
    oi_usd: float | None = None
    oi_base: float | None = None
    oi_index: float | None = None
    oi_top_venue: str | None = None
    oi_top_share: float | None = None
    # liquidations of this row's period
    liq_long_usd: float | None = None
    liq_short_usd: float | None = None
    liq_long_n: int | None = None
    liq_short_n: int | None = None
    liq_max_usd: float | None = None
    liq_long_usd_est: float | None = None
    liq_short_usd_est: float | None = None
    liq_complete_share: float | None = None
    liq_agg_1h_long_usd: float | None = None
    liq_agg_1h_short_usd: float | None = None
    cascade_score_max: float | None = None
    cascade_active: bool | None = None
    cascade_signal_max: float | None = None
    branching_ratio: float | None = None
    branching_percentile: float | None = None
    # book
    bid_depth_usd: float | None = None
    ask_depth_usd: float | None = None
    bid_depth_2pct_usd: float | None = None
    ask_depth_2pct_usd: float | None = None
    spread_bps: float | None = None
    # positions
    long_short_ratio: float | None = None
    ls_top_account_ratio: float | None = None
    ls_top_position_ratio: float | None = None
    ls_taker_ratio: float | None = None
    # stablecoins (MARKET row only)
    stable_in_usd: float | None = None
    stable_out_usd: float | None = None
    stable_mint_usd: float | None = None
    stable_burn_usd: float | None = None
    stable_large_n: int | None = None
    # evidence
    cov_price: float | None = None
    cov_funding: float | None = None
    cov_oi: float | None = None
    cov_volume: float | None = None
    cov_spot: float | None = None
    cov_liq: float | None = None
    cov_book: float | None = None
    cov_ls: float | None = None
    cov_stable: float | None = None
    age_price_s: float | None = None
    age_funding_s: float | None = None
    age_oi_s: float | None = None
    age_volume_s: float | None = None
    age_spot_s: float | None = None
    age_liq_s: float | None = None
    age_book_s: float | None = None
    age_ls_s: float | None = None
    age_stable_s: float | None = None
    n_price: int | None = None
    n_funding: int | None = None
    n_oi: int | None = None
    n_volume: int | None = None
    n_spot: int | None = None
    n_liq: int | None = None
    n_book: int | None = None
    n_ls: int | None = None
    n_stable: int | None = None


NUMBERS: Final = tuple(
    f
    for f in Observation.__struct_fields__
    if f not in {"ts", "symbol", "mode", "schema", "oi_top_venue", "next_funding_ts"}
)
"""Fields that are numbers: the input columns of the score panel, in field order."""
