"""What the event tier says now, so that another process can show it."""

from typing import Final

from clri.stores.migrations.tables import create

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Create the table."""
    create(
        "event_states",
        "symbol:text kind:text ts:time ts_ns:int mode:text body:json",
        "symbol kind",
        {"mode": "live|replay-recorded|replay-simulated"},
    )
