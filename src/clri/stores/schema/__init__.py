"""The one description of every table: its columns, keys and checks, and how a struct becomes a row and back.

| module | tables |
|---|---|
| observations | observations |
| readings | clri_readings, market_summaries |
| liquidations | liquidation_events, liquidations_significant |
| cascades | cascades |
| feeds | instruments, feed_status, schema_info |

`layout` and `rows` hold what they share, `metadata` makes SQLAlchemy's MetaData of it, `views` the seeds' names.
"""

from typing import Final

from clri.stores.schema.cascades import CASCADES
from clri.stores.schema.feeds import FEED_STATUS, INSTRUMENTS, SCHEMA_INFO
from clri.stores.schema.layout import Table
from clri.stores.schema.liquidations import LIQUIDATION_EVENTS, LIQUIDATIONS_SIGNIFICANT
from clri.stores.schema.observations import OBSERVATIONS
from clri.stores.schema.readings import CLRI_READINGS, MARKET_SUMMARIES

TABLES: Final[tuple[Table, ...]] = (
    OBSERVATIONS,
    CLRI_READINGS,
    MARKET_SUMMARIES,
    LIQUIDATION_EVENTS,
    LIQUIDATIONS_SIGNIFICANT,
    CASCADES,
    INSTRUMENTS,
    FEED_STATUS,
    SCHEMA_INFO,
)
