"""First schema: what a store of version 1 holds. No way down: keep a copy of the file instead."""

from typing import Final

from alembic import op

from clri.stores.migrations.tables import create

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None

COLUMNS: Final = {
    "observations": """
        ts:time symbol:text mode:text schema:int price:real? open:real? high:real? low:real? close:real?
        index_price:real? spot_price:real? volume_1h_usd:real? perp_volume_24h_usd:real?
        spot_volume_24h_usd:real? funding_8h:real? predicted_8h:real? funding_min_8h:real?
        funding_max_8h:real? funding_apr:real? next_funding_ts:time? settled_8h:real? oi_usd:real?
        oi_base:real? oi_index:real? oi_top_venue:text? oi_top_share:real? liq_long_usd:real?
        liq_short_usd:real? liq_long_n:int? liq_short_n:int? liq_max_usd:real? liq_long_usd_est:real?
        liq_short_usd_est:real? liq_complete_share:real? liq_agg_1h_long_usd:real?
        liq_agg_1h_short_usd:real? cascade_score_max:real? cascade_active:bool?
        cascade_signal_max:real? branching_ratio:real? branching_percentile:real? bid_depth_usd:real?
        ask_depth_usd:real? bid_depth_2pct_usd:real? ask_depth_2pct_usd:real? spread_bps:real?
        long_short_ratio:real? ls_top_account_ratio:real? ls_top_position_ratio:real?
        ls_taker_ratio:real? stable_in_usd:real? stable_out_usd:real? stable_mint_usd:real?
        stable_burn_usd:real? stable_large_n:int? cov_price:real? cov_funding:real? cov_oi:real?
        cov_volume:real? cov_spot:real? cov_liq:real? cov_book:real? cov_ls:real? cov_stable:real?
        age_price_s:real? age_funding_s:real? age_oi_s:real? age_volume_s:real? age_spot_s:real?
        age_liq_s:real? age_book_s:real? age_ls_s:real? age_stable_s:real? n_price:int? n_funding:int?
        n_oi:int? n_volume:int? n_spot:int? n_liq:int? n_book:int? n_ls:int? n_stable:int? rest:json?
    """,
    "clri_readings": """
        timestamp:time id:bigint symbol:text funding_rate:real? predicted_funding:real?
        open_interest:real? oi_change_1h_pct:real? oi_change_24h_pct:real? perp_volume_24h:real?
        spot_volume_24h:real? long_short_ratio:real? liquidations_1h_usd:real? bid_depth_usd:real?
        ask_depth_usd:real? price:real? basis_pct:real? liquidation_oi_ratio:real?
        funding_oi_stress:real? oi_price_divergence:real? clri_score:int? direction:text?
        direction_confidence:real? risk_level:text composite_stress:real? stress_level:text
        detected_regime:text regime_intensity:real? clri_exact:real? clri_raw:real? coverage:real
        quality:text data_age_s:real? mode:text method:text params_hash:text vol_24h:real?
        vol_regime:text? risk_mult:real? funding_z:real? cascade_score:real? liquidation_risk:real?
        weights:json component_quality:json forecast:json? funding_score:real? oi_score:real?
        volume_score:real? liquidation_score:real? imbalance_score:real? lr_funding:real? lr_oi:real?
        lr_long_short:real? lr_liquidations:real? alert_triggered:bool=false rest:json?
    """,
    "market_summaries": """
        timestamp:time id:bigint market_clri:int? risk_level:text market_direction:text?
        symbols_tracked:int symbols_elevated:int symbols_high:int individual_readings:json weights:json
        total_oi:real? top_contributors:json divergent_symbols:json coverage:real quality:text mode:text
        stablecoin_pressure:int? net_exchange_flow:real? large_transfers_count:int?
        mint_burn_delta:real? rest:json?
    """,
    "liquidation_events": """
        time:time venue:text event_id:text symbol:text side:text price:real price_kind:text qty:real
        usd:real completeness:text method:text raw:text? ts:bigint ts_venue:bigint? market:text src:text
        seq:bigint? backfill:bool
    """,
    "liquidations_significant": """
        time:time exchange:text symbol:text event_id:text side:text price:numeric quantity:numeric
        value_usd:numeric is_cascade:bool cascade_id:uuid? cascade_event_count:int? risk_score:numeric?
        session_type:text raw_data:json? base:text price_level:numeric completeness:text
    """,
    "cascades": """
        cascade_id:uuid kind:text symbol:text ts:time state:text market_wide:bool started_at:time
        detected_at:time last_met_at:time ended_at:time? duration_s:real event_count:int total_usd:real
        long_usd:real short_usd:real max_window_usd:real velocity_usd_per_h:real events_per_min:real
        side_bias:text severity:real? risk_score:real? max_risk_score:real? factors:json
        threshold_usd:real threshold_source:text venues:json completeness:real price_min:real
        price_max:real mode:text schema:int ts_ns:int rest:json?
    """,
    "instruments": """
        instrument_id:text ts:time ts_venue:time? symbol:text venue:text market:text raw:text? src:text
        seq:bigint? backfill:bool contract_size:real inverse:bool multiplier:real tick_size:real?
        qty_step:real? settle:text funding_interval_h:real? level_step:real? valid_from:time?
        valid_to:time? rest:json?
    """,
    "feed_status": """
        ts_ns:int ts:time ts_venue:time? symbol:text venue:text market:text raw:text? src:text
        seq:bigint? backfill:bool channel:text state:text code:text? detail:text? last_event_ts:time?
        gap_from:time? gap_to:time? dropped:int calibrated:bool rest:json?
    """,
    "schema_info": """
        version:int mode:text
    """,
}
KEYS: Final = {
    "observations": "ts symbol",
    "clri_readings": "timestamp symbol",
    "market_summaries": "timestamp",
    "liquidation_events": "time venue event_id",
    "liquidations_significant": "time exchange symbol event_id",
    "cascades": "cascade_id",
    "instruments": "instrument_id",
    "feed_status": "ts ts_ns venue market channel symbol state",
    "schema_info": "version",
}
# `-` = descending.
INDEXES: Final = {
    "observations": ["symbol -ts"],
    "clri_readings": ["symbol -timestamp"],
    "liquidation_events": ["symbol -time"],
    "liquidations_significant": ["symbol -time", "cascade_id"],
    "cascades": ["symbol kind started_at", "started_at", "ts"],
}
CHECKS: Final = {
    "observations": {"mode": "live|replay-recorded|replay-simulated"},
    "clri_readings": {
        "mode": "live|replay-recorded|replay-simulated",
        "risk_level": "ELEVATED|EXTREME|HIGH|LOW|MODERATE|UNKNOWN",
        "direction": "LONG_CROWDED|NEUTRAL|SHORT_CROWDED",
    },
    "market_summaries": {
        "mode": "live|replay-recorded|replay-simulated",
        "risk_level": "ELEVATED|EXTREME|HIGH|LOW|MODERATE|UNKNOWN",
        "market_direction": "LONG_CROWDED|NEUTRAL|SHORT_CROWDED",
    },
    "liquidation_events": {"side": "LONG|SHORT"},
    "liquidations_significant": {"side": "LONG|SHORT"},
    "cascades": {"mode": "live|replay-recorded|replay-simulated", "kind": "burst|sustained"},
    "schema_info": {"mode": "live|replay-recorded|replay-simulated"},
}


def upgrade() -> None:
    """Create every table."""
    for table, columns in COLUMNS.items():
        create(table, columns, KEYS[table], CHECKS.get(table), INDEXES.get(table, []))
    if op.get_context().dialect.name == "sqlite":
        op.create_index("uq_liquidation_events_id", "liquidation_events", ["venue", "event_id"], unique=True)
