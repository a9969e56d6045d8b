"""Gate's five-minute statistics: ratios, liquidated USD, open interest."""

from typing import Final

from clri.collect import checks
from clri.collect.facts import open_interest
from clri.collect.listing import Listing
from clri.collect.mapper import Item
from clri.collect.series import long_short_ratio, share_of
from clri.collect.tally import Tally
from clri.collect.values import blank
from clri.collect.venues.gate.reply_frames import Stat
from clri.model.facts import LiquidationAggregate
from clri.model.instrument import Instrument
from clri.model.names import RatioKind

PERIOD_S: Final = 300
SETTLED_NS: Final = (PERIOD_S + 180) * 1_000_000_000
"""Age at which a bucket's sums stand: it lasts 5 minutes and was seen rewritten 2.5 minutes after its end."""

OI_SLACK: Final = 0.05
"""How far contracts x size x mark may be from the venue's own USD figure before the unit is doubted."""


def stat_facts(row: Stat, listing: Listing, tally: Tally, listed: Instrument, recv_ns: int) -> list[Item]:
    """Facts of one bucket; sums of a bucket that still runs or settles are left out and counted."""
    ts = checks.seconds(row.time)
    items = _ratio(recv_ns, ts, listed, "account", blank(row.lsr_account))
    items += _ratio(recv_ns, ts, listed, "top_account", blank(row.top_lsr_account))
    items += _ratio(recv_ns, ts, listed, "top_position", blank(row.top_lsr_size))
    if recv_ns - ts < SETTLED_NS:
        tally.row_ignored("unsettled")
        return items
    items += _ratio(recv_ns, ts, listed, "taker", blank(row.lsr_taker))
    items += _sums(recv_ns, ts, listed, row)
    items += _interest(listing, tally, recv_ns, ts, listed, row)
    if not items:
        tally.row_ignored("no_value")
    return items


def _ratio(recv_ns: int, ts: int, listed: Instrument, kind: RatioKind, ratio: float | None) -> list[Item]:
    if ratio is None:
        return []
    return [long_short_ratio(recv_ns, ts, listed, kind, share_of(ratio), ratio, PERIOD_S)]


def _sums(recv_ns: int, ts: int, listed: Instrument, row: Stat) -> list[Item]:
    # The `_new` fields, where sent, are contracts x size x mark; the older ones were of changing meaning.
    longs = blank(row.long_liq_usd if row.long_liq_usd_new is None else row.long_liq_usd_new)
    shorts = blank(row.short_liq_usd if row.short_liq_usd_new is None else row.short_liq_usd_new)
    if longs is None or shorts is None:
        return []
    return [
        LiquidationAggregate(
            recv_ns,
            ts,
            listed.symbol,
            "gate",
            "perp",
            listed.raw,
            "rest",
            None,
            False,
            PERIOD_S,
            checks.amount(longs, checks.MAX_NOTIONAL, "liquidated longs in USD"),
            checks.amount(shorts, checks.MAX_NOTIONAL, "liquidated shorts in USD"),
            ["gate"],
        )
    ]


def _interest(listing: Listing, tally: Tally, recv_ns: int, ts: int, listed: Instrument, row: Stat) -> list[Item]:
    contracts, mark, given = blank(row.open_interest), blank(row.mark_price), blank(row.open_interest_usd)
    if contracts is None or mark is None or given is None or not listing.has_size(listed):
        return []
    size, price = contracts * listed.contract_size, checks.price(mark / listed.multiplier)
    fact = open_interest(
        recv_ns, ts, listed, "rest", size, price, contracts=contracts, backfill=True, period_s=PERIOD_S
    )
    if fact.oi_usd is None or abs(fact.oi_usd - given) > OI_SLACK * given:
        tally.row_ignored("oi_unit")
        return []
    return [fact]
