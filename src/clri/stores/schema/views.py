"""Views under the names of the original programs, over our tables (CONTRACTS 4); SQLite's spelling.

They hold no data, so they are made anew after every migration instead of being migrated.
"""

from typing import Final

SQLITE_VIEWS: Final[dict[str, str]] = {
    "funding_rates": """
        SELECT ts AS time, symbol || 'USDT' AS symbol, funding_8h AS funding_rate, price AS mark_price, index_price
        FROM observations WHERE symbol <> 'MARKET'""",
    "open_interest": """
        SELECT ts AS time, symbol || 'USDT' AS symbol, oi_base AS open_interest, oi_usd AS open_interest_value
        FROM observations WHERE symbol <> 'MARKET'""",
    # The original's volume was a provider's sum over 24 h.
    "prices": """
        SELECT ts AS time, symbol || 'USDT' AS symbol, price, perp_volume_24h_usd AS volume
        FROM observations WHERE symbol <> 'MARKET'""",
    "long_short_ratio": """
        SELECT ts AS time, symbol || 'USDT' AS symbol, long_short_ratio / (1 + long_short_ratio) AS long_ratio,
            1 / (1 + long_short_ratio) AS short_ratio, long_short_ratio
        FROM observations WHERE symbol <> 'MARKET'""",
    # The original writes the order side: a closed LONG is a forced SELL.
    "liquidations": """
        SELECT time, symbol || 'USDT' AS symbol, CASE side WHEN 'LONG' THEN 'SELL' ELSE 'BUY' END AS side,
            qty AS quantity, price, usd AS usd_value
        FROM liquidation_events""",
    "liquidation_risk": """
        SELECT timestamp AS time, symbol || 'USDT' AS symbol, liquidation_risk AS risk_score,
            lr_funding AS funding_component, lr_oi AS oi_component, NULL AS price_component,
            NULL AS liquidation_cluster_distance, lr_long_short AS ls_component, lr_liquidations AS liq_component
        FROM clri_readings""",
    "stablecoin_pressure": """
        SELECT timestamp AS time, stablecoin_pressure AS buying_pressure_score, net_exchange_flow,
            large_transfers_count, mint_burn_delta
        FROM market_summaries""",
    # The original's hourly rows and spelling; kept as long as readings are.
    "regimes": """
        SELECT timestamp AS ts, symbol || '/USDT' AS symbol, json_extract(rest, '$.mtf_regime') AS regime,
            json_extract(rest, '$.extra.mtf_long_bias') AS long_bias,
            json_extract(rest, '$.extra.mtf_risk_mult') AS risk_mult,
            json_extract(rest, '$.mtf_confidence') AS confidence,
            json_object('timeframes', json_extract(rest, '$.mtf'), 'vol_regime', vol_regime) AS meta_json
        FROM clri_readings
        WHERE substr(timestamp, 15) = '00:00.000Z' AND json_extract(rest, '$.mtf_regime') IS NOT NULL""",
    # One row each, under the hour of its start. The counts are known as long as its liquidations are kept (90 d);
    # the average is the score at the last update: a cascade keeps its last state, not its course.
    "liquidation_cascades": """
        SELECT substr(started_at, 1, 13) || ':00:00.000Z' AS hour, cascade_id, symbol || 'USDT' AS symbol,
            started_at AS cascade_start, coalesce(ended_at, last_met_at) AS cascade_end,
            duration_s AS duration_seconds, event_count, total_usd AS total_value_usd,
            risk_score AS avg_risk_score, max_risk_score,
            (SELECT json_group_array(key) FROM json_each(c.venues)) AS exchanges_involved,
            (SELECT count(*) FROM json_each(c.venues)) AS exchange_count,
            (SELECT sum(side = 'LONG') FROM liquidations_significant s WHERE s.cascade_id = c.cascade_id)
                AS long_count,
            (SELECT sum(side = 'SHORT') FROM liquidations_significant s WHERE s.cascade_id = c.cascade_id)
                AS short_count
        FROM cascades c WHERE kind = 'burst'""",
}


def sqlite_views() -> list[str]:
    """Statements that make every view anew.

    Examples
    --------
    >>> len(sqlite_views()) == 2 * len(SQLITE_VIEWS)
    True
    """
    return [
        statement
        for name, select in SQLITE_VIEWS.items()
        for statement in (f"DROP VIEW IF EXISTS {name}", f"CREATE VIEW {name} AS{select}")
    ]
