"""The statements of the original programs run, and their names mean what they meant there."""

import sqlite3
from pathlib import Path

import pytest

from clri.stores.sqlite import SqliteStore
from clri.testing.builders import (
    T0,
    cascade,
    liquidation,
    market_reading,
    minute,
    observation,
    reading,
)

# Verbatim but for what needs NOW() or a server.
LATEST = """
            SELECT
                timestamp,
                symbol,
                clri_score,
                risk_level,
                direction,
                funding_rate,
                open_interest,
                liquidations_1h_usd,
                price
            FROM clri_readings
            ORDER BY timestamp DESC
            LIMIT :limit
        """
HISTORY = """
            SELECT
                timestamp,
                clri_score,
                funding_rate,
                open_interest,
                price
            FROM clri_readings
            WHERE symbol = :symbol
            ORDER BY timestamp
        """
SIGNALS = """
    SELECT timestamp, symbol, clri_score, direction
    FROM clri_readings
    WHERE symbol = 'BTC'
    ORDER BY timestamp
    """
SIGNIFICANT = """
SELECT time, exchange, symbol, side, value_usd, is_cascade, risk_score
FROM liquidations_significant
ORDER BY value_usd DESC
LIMIT 10;
"""
COUNT = "SELECT COUNT(*) FROM prices;"


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    path: Path = tmp_path_factory.mktemp("views") / "clri.db"
    with SqliteStore(path, "live") as store:
        store.write([reading(), reading(ts=minute(1), clri_score=None), reading(symbol="ETH", clri_score=10)])
        store.write(
            [observation(), observation(symbol="MARKET", price=None), observation(ts=minute(1), funding_8h=None)]
        )
        store.write(
            [liquidation(ts=T0, ts_venue=T0, usd=30_000.0, qty=0.5), liquidation(ts=T0 + 1, side="SHORT", symbol="ETH")]
        )
        store.write([cascade(started_at=T0, last_met_at=T0), cascade(kind="sustained", cascade_id="other")])
        store.write([market_reading(stablecoin_pressure=12, net_exchange_flow=-5.0)])
        frames = {"1h": "IGNITION", "4h": "IGNITION", "1d": None, "1w": "IGNITION"}
        regimes = {"mtf": frames, "mtf_regime": "IGNITION", "mtf_confidence": 1.0, "vol_regime": "HIGH_VOL"}
        extra = {"mtf_long_bias": 0.6, "mtf_risk_mult": 1.3}
        store.write(reading(ts=minute(n), symbol="SOL", extra=extra, **regimes) for n in (-14, -13))
        store.write([reading(ts=minute(2), liquidation_risk=61.0, liquidation_risk_parts={"funding": 20.0, "oi": 3.0})])
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        yield db
    db.close()


def rows(db, sql: str, **values) -> list[dict]:
    return [dict(row) for row in db.execute(sql, values)]


def test_latest_readings(db):
    found = rows(db, LATEST, limit=2)
    assert found[1] == {
        "timestamp": "2026-09-21T14:15:00.000Z",
        "symbol": "BTC",
        "clri_score": None,
        "risk_level": "UNKNOWN",
        "direction": None,
        "funding_rate": 0.0001,
        "open_interest": 3e9,
        "liquidations_1h_usd": None,
        "price": 60_000.0,
    }


def test_history_and_signals(db):
    assert [row["clri_score"] for row in rows(db, HISTORY, symbol="BTC")] == [72, None, 72]
    assert rows(db, SIGNALS)[0] == {
        "timestamp": "2026-09-21T14:14:00.000Z",
        "symbol": "BTC",
        "clri_score": 72,
        "direction": "LONG_CROWDED",
    }


def test_regimes_are_hourly(db):
    found = rows(db, "SELECT * FROM regimes WHERE symbol='SOL/USDT' ORDER BY ts DESC LIMIT 10")
    frames = '{"1h":"IGNITION","4h":"IGNITION","1d":null,"1w":"IGNITION"}'
    assert found == [
        {
            "ts": "2026-09-21T14:00:00.000Z",
            "symbol": "SOL/USDT",
            "regime": "IGNITION",
            "long_bias": 0.6,
            "risk_mult": 1.3,
            "confidence": 1.0,
            "meta_json": f'{{"timeframes":{frames},"vol_regime":"HIGH_VOL"}}',
        }
    ]
    assert rows(db, "SELECT * FROM regimes WHERE symbol='BTC/USDT'") == []


def test_significant_liquidations(db):
    assert rows(db, SIGNIFICANT) == [
        {
            "time": "2026-09-21T14:14:00.000Z",
            "exchange": "bybit",
            "symbol": "BTCUSDT",
            "side": "LONG",
            "value_usd": 30_000.0,
            "is_cascade": 1,
            "risk_score": 1.1,
        }
    ]


def test_a_burst_is_one_row_under_the_hour_of_its_start(db):
    (row,) = rows(db, "SELECT * FROM liquidation_cascades WHERE hour >= '2026' ORDER BY total_value_usd DESC")
    assert row == {
        "hour": "2026-09-21T14:00:00.000Z",
        "cascade_id": cascade().cascade_id,
        "symbol": "BTCUSDT",
        "cascade_start": "2026-09-21T14:14:00.000Z",
        "cascade_end": "2026-09-21T14:14:00.000Z",
        "duration_seconds": 0.0,
        "event_count": 12,
        "total_value_usd": 1_500_000.0,
        "avg_risk_score": 1.1,
        "max_risk_score": 1.2,
        "exchanges_involved": '["bybit","okx"]',
        "exchange_count": 2,
        "long_count": 1,
        "short_count": 0,
    }


def test_prices_count_minutes_of_symbols_only(db):
    assert rows(db, COUNT) == [{"COUNT(*)": 2}]
    assert rows(db, "SELECT * FROM prices")[0] == {
        "time": "2026-09-21T14:14:00.000Z",
        "symbol": "BTCUSDT",
        "price": 60_000.0,
        "volume": 6e9,
    }


def test_order_side_is_the_other_way_round(db):
    found = rows(db, "SELECT * FROM liquidations ORDER BY time")
    assert [(row["symbol"], row["side"], row["quantity"], row["usd_value"]) for row in found] == [
        ("ETHUSDT", "BUY", 0.5, 30_000.0),
        ("BTCUSDT", "SELL", 0.5, 30_000.0),
    ]


def test_the_other_views(db):
    assert [(r["funding_rate"], r["mark_price"]) for r in rows(db, "SELECT * FROM funding_rates ORDER BY time")] == [
        (0.0001, 60_000.0),
        (None, 60_000.0),
    ]
    assert rows(db, "SELECT open_interest, open_interest_value FROM open_interest")[0] == {
        "open_interest": 50_000.0,
        "open_interest_value": 3e9,
    }
    ratio = rows(db, "SELECT * FROM long_short_ratio")[0]
    assert (ratio["long_ratio"], ratio["short_ratio"], ratio["long_short_ratio"]) == pytest.approx((0.6, 0.4, 1.5))
    assert rows(db, "SELECT * FROM stablecoin_pressure")[0] | {"time": ""} == {
        "time": "",
        "buying_pressure_score": 12,
        "net_exchange_flow": -5.0,
        "large_transfers_count": None,
        "mint_burn_delta": None,
    }
    risk = rows(db, "SELECT * FROM liquidation_risk ORDER BY time DESC")[0]
    assert (risk["risk_score"], risk["funding_component"], risk["oi_component"]) == (61.0, 20.0, 3.0)
    assert risk["ls_component"] is risk["price_component"] is None
