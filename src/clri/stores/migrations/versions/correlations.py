"""Correlation of pairs of assets, hour by hour."""

from typing import Final

from clri.stores.migrations.tables import create

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Create the table."""
    create(
        "correlations",
        """
        ts:time pair:text mode:text schema:int correlation:real? correlation_change:real? change_level:text?
        normal_range:json own_range:bool breakout:bool? rule:text? signal:text? divergence_strength:real?
        lead_score:real? lead:text? lead_asset:text? n:int lead_n:int rest:json?
        """,
        "ts pair",
        {"mode": "live|replay-recorded|replay-simulated", "rule": "OWN_QUANTILE|SEED"},
        ["pair -ts"],
    )
