"""Gate's five-minute statistics: ratios, liquidated USD, open interest."""

from typing import Final

from clri.collect import checks
from clri.collect.tally import Tally
from clri.collect.values import blank
from clri.collect.venues.gate.reply_frames import Stat
from clri.model.facts import Fact, LiquidationAggregate, LongShortRatio, OpenInterest
from clri.model.instrument import Instrument
from clri.model.names import RatioKind

PERIOD_S: Final = 300
MAX_RATIO: Final = 1e9
SETTLED_NS: Final = (PERIOD_S + 180) * 1_000_000_000
"""Age at which a bucket's sums stand: it lasts 5 minutes and was seen rewritten 2.5 minutes after its end."""

OI_SLACK: Final = 0.05
"""How far contracts x size x mark may be from the venue's own USD figure before the unit is doubted."""


def stat_facts(tally: Tally, listed: Instrument, recv_ns: int, row: Stat) -> tuple[Fact, ...]:
    """Facts of one bucket; sums of a bucket that still runs or settles are left out and counted."""
    ts = checks.seconds(row.time)
    facts: list[Fact] = []
    _add_ratio(facts, recv_ns, ts, listed, "account", blank(row.lsr_account))
    _add_ratio(facts, recv_ns, ts, listed, "top_account", blank(row.top_lsr_account))
    _add_ratio(facts, recv_ns, ts, listed, "top_position", blank(row.top_lsr_size))
    if recv_ns - ts < SETTLED_NS:
        tally.row_ignored("unsettled")
        return tuple(facts)
    _add_ratio(facts, recv_ns, ts, listed, "taker", blank(row.lsr_taker))
    _add_sums(facts, recv_ns, ts, listed, row)
    _add_interest(facts, tally, recv_ns, ts, listed, row)
    if not facts:
        tally.row_ignored("no_value")
    return tuple(facts)


def _add_ratio(
    facts: list[Fact], recv_ns: int, ts: int, listed: Instrument, kind: RatioKind, ratio: float | None
) -> None:
    if ratio is None:
        return
    checks.amount(ratio, MAX_RATIO, "long-short ratio")
    share = checks.share(ratio / (1.0 + ratio))
    facts.append(
        LongShortRatio(
            recv_ns, ts, listed.symbol, "gate", "perp", listed.raw, "rest", None, False, kind, share, ratio, PERIOD_S
        )
    )


def _add_sums(facts: list[Fact], recv_ns: int, ts: int, listed: Instrument, row: Stat) -> None:
    # The `_new` fields, where sent, are contracts x size x mark; the older ones were of changing meaning.
    longs = blank(row.long_liq_usd if row.long_liq_usd_new is None else row.long_liq_usd_new)
    shorts = blank(row.short_liq_usd if row.short_liq_usd_new is None else row.short_liq_usd_new)
    if longs is None or shorts is None:
        return
    facts.append(
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
    )


def _add_interest(facts: list[Fact], tally: Tally, recv_ns: int, ts: int, listed: Instrument, row: Stat) -> None:
    contracts, mark, given = blank(row.open_interest), blank(row.mark_price), blank(row.open_interest_usd)
    if contracts is None or mark is None or given is None:
        return
    price = checks.price(mark / listed.multiplier)
    base = checks.amount(contracts * listed.contract_size * listed.multiplier, checks.MAX_QTY, "open interest")
    usd = checks.amount(base * price, checks.MAX_OI_USD, "open interest in USD")
    if abs(usd - given) > OI_SLACK * given:
        tally.row_ignored("oi_unit")
        return
    facts.append(
        OpenInterest(
            recv_ns,
            ts,
            listed.symbol,
            "gate",
            "perp",
            listed.raw,
            "rest",
            None,
            True,
            base,
            usd,
            price,
            contracts,
            PERIOD_S,
        )
    )
