"""The one description of every table: its columns, keys and checks, and how a struct becomes a row and back.

| module | tables |
|---|---|
| observations | observations |
| readings | clri_readings, market_summaries |
| liquidations | liquidation_events, liquidations_significant |
| cascades | cascades |
| feeds | instruments, feed_status, schema_info |
| health | feed_health |
| event_states | event_states |
| funding_events | funding_events |
| correlations | correlations |

`layout` and `rows` hold what they share, `metadata` makes SQLAlchemy's MetaData of it, `views` the seeds' names.
"""

from typing import Final

from clri.stores.schema.cascades import CASCADES
from clri.stores.schema.correlations import CORRELATIONS
from clri.stores.schema.event_states import EVENT_STATES
from clri.stores.schema.feeds import FEED_STATUS, INSTRUMENTS, SCHEMA_INFO
from clri.stores.schema.funding_events import FUNDING_EVENTS
from clri.stores.schema.health import FEED_HEALTH
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
    CORRELATIONS,
    FUNDING_EVENTS,
    INSTRUMENTS,
    FEED_STATUS,
    FEED_HEALTH,
    EVENT_STATES,
    SCHEMA_INFO,
)
