"""Funding anomalies and reversals."""

from typing import Final

from clri.stores.migrations.tables import create

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Create the table."""
    create(
        "funding_events",
        """
        symbol:text ts:time kind:text slot_ts:time settled:bool funding_rate:real previous_rate:real?
        funding_change:real? funding_z_score:real? anomaly_score:real? reasons:json extreme_level:text?
        reversal_strength:real? reversal_confidence:real? mode:text schema:int rest:json?
        """,
        "slot_ts symbol kind",
        {
            "mode": "live|replay-recorded|replay-simulated",
            "kind": "anomaly|reversal",
            "extreme_level": "EXTREMELY_HIGH|EXTREMELY_LOW|MODERATE",
        },
        ["symbol -ts", "ts"],
    )
