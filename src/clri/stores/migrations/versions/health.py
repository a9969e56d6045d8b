"""Health of the feeds, so that another process than the collector can show it."""

from typing import Final

from clri.stores.migrations.tables import create

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Create the table."""
    create(
        "feed_health",
        """
        feed:text ts_ns:int ts:time mode:text venue:text channel:text symbol:text? state:text code:text? detail:text?
        last_event_ts:time? data_age_s:real? events_per_min:real? expected_per_min:real? gaps_24h:int
        gap_s_24h:real reconnects_24h:int skew_ms:real? quarantined:int dropped:int completeness:text?
        calibrated:bool effect:text? schema:int rest:json?
        """,
        "feed",
        {"mode": "live|replay-recorded|replay-simulated"},
        ["-ts"],
    )
