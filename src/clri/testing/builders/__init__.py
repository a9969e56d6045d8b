"""One valid example of every noun; keyword arguments change fields, the header included.

Fields that follow from others follow the changes too: `liquidation(price=50_000.0, qty=2.0).usd` is 100,000;
`ts` moves the venue's time with it; liquidations that differ have different ids unless `event_id` is given; an
unknown field raises TypeError.

Examples
--------
>>> from clri.testing.builders import T0, minute, observation, reading
>>> reading(symbol="ETH", clri_score=None).risk_level, observation(ts=minute(1)).ts - T0
('UNKNOWN', 60000000000)
"""

from clri.testing.builders.event_states import cascade_signal, price_levels, support_zones, velocity
from clri.testing.builders.facts import (
    depth,
    feed_status,
    instrument,
    liquidation,
    long_short_ratio,
    mark_funding,
    open_interest,
    tick,
    ticker,
)
from clri.testing.builders.outputs import (
    cascade,
    feed_health,
    funding_event,
    market_reading,
    observation,
    pair_reading,
    reading,
)
from clri.testing.builders.start import T0, VENUE_LAG, minute

__all__ = [
    "T0",
    "VENUE_LAG",
    "cascade",
    "cascade_signal",
    "depth",
    "feed_health",
    "feed_status",
    "funding_event",
    "instrument",
    "liquidation",
    "long_short_ratio",
    "mark_funding",
    "market_reading",
    "minute",
    "observation",
    "open_interest",
    "pair_reading",
    "price_levels",
    "reading",
    "support_zones",
    "tick",
    "ticker",
    "velocity",
]
