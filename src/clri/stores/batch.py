"""What was written and not yet flushed, as rows that SQLite takes."""

from collections.abc import Callable
from typing import Any, Final

from clri.model.cascade import CascadeUpdate
from clri.model.control import FeedStatus
from clri.model.event_state import STATE_KINDS
from clri.model.facts import Liquidation
from clri.model.funding_event import FundingEvent
from clri.model.health import FeedHealth
from clri.model.instrument import Instrument
from clri.model.observation import Observation
from clri.model.pair import PairReading
from clri.model.reading import MarketReading, Reading
from clri.stores.cells import writer
from clri.stores.schema.cascades import CASCADES, cascade_row
from clri.stores.schema.correlations import CORRELATIONS, pair_row
from clri.stores.schema.event_states import EVENT_STATES, event_state_row
from clri.stores.schema.feeds import FEED_STATUS, INSTRUMENTS, instrument_row, status_row
from clri.stores.schema.funding_events import FUNDING_EVENTS, funding_event_row
from clri.stores.schema.health import FEED_HEALTH, health_row
from clri.stores.schema.layout import Table
from clri.stores.schema.liquidations import LIQUIDATION_EVENTS, event_row
from clri.stores.schema.observations import OBSERVATIONS, observation_row
from clri.stores.schema.readings import CLRI_READINGS, MARKET_SUMMARIES, market_row, reading_row
from clri.stores.schema.rows import Row

_ROWS: Final[dict[type, tuple[Table, Callable[[Any], Row]]]] = {
    Observation: (OBSERVATIONS, observation_row),
    Reading: (CLRI_READINGS, reading_row),
    MarketReading: (MARKET_SUMMARIES, market_row),
    Liquidation: (LIQUIDATION_EVENTS, event_row),
    CascadeUpdate: (CASCADES, cascade_row),
    PairReading: (CORRELATIONS, pair_row),
    Instrument: (INSTRUMENTS, instrument_row),
    FeedStatus: (FEED_STATUS, status_row),
    FeedHealth: (FEED_HEALTH, health_row),
    FundingEvent: (FUNDING_EVENTS, funding_event_row),
    **dict.fromkeys(STATE_KINDS, (EVENT_STATES, event_state_row)),
}


class Batch:
    """Rows by table, in the order of writing, and what significant liquidations are derived from."""

    def __init__(self) -> None:
        self.rows: dict[Table, list[Row]] = {}
        self.events: list[Liquidation] = []
        self.bursts: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self.rows)

    def add(self, item: object) -> None:
        """Take one item of a kind that has a table.

        Raises
        ------
        TypeError, ValueError
            If a value cannot be written as JSON or as a time.
        """
        table, row = _ROWS[type(item)]
        self.rows.setdefault(table, []).append(writer(table)(row(item)))
        if isinstance(item, Liquidation):
            self.events.append(item)
        elif isinstance(item, CascadeUpdate) and item.kind == "burst":
            self.bursts[item.cascade_id] = None

    def extend(self, later: "Batch") -> None:
        """Append what was written after this."""
        for table, rows in later.rows.items():
            self.rows.setdefault(table, []).extend(rows)
        self.events += later.events
        self.bursts |= later.bursts
