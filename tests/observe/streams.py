"""Random facts of every kind, spread over the minutes after T0."""

from hypothesis import strategies as st

from clri.model.timebase import HOUR, MINUTE, SECOND
from clri.testing import builders
from tests.observe.facts import GivenShares, aggregate, bar, transfer

T0 = builders.T0
VENUES = ("binance", "bybit", "okx")  # a third each: one alone is enough evidence

venues = st.sampled_from(VENUES)
prices = st.floats(0.01, 1e6)
amounts = st.one_of(st.just(0.0), st.floats(1e-3, 1e9))
rates = st.floats(-0.01, 0.01)
maybe_rates = st.none() | rates


@st.composite
def headers(draw, minutes=3, src=("ws", "rest")):
    """Receipt on a coarse grid, so that ties happen; the venue's time before, at or after it, or none."""
    ts = T0 + draw(st.integers(1, minutes * 120)) * SECOND // 2
    lag = draw(st.none() | st.sampled_from((0, SECOND // 2, 10 * SECOND, 70 * SECOND, -SECOND)))
    return {
        "ts": ts,
        "ts_venue": None if lag is None else ts - lag,
        "venue": draw(venues),
        "src": draw(st.sampled_from(src)),
    }


@st.composite
def marks(draw, minutes=3):
    head = draw(headers(minutes))
    rate = draw(maybe_rates)
    kind = draw(st.sampled_from(("current",) * 4 + ("settled",)))
    return builders.mark_funding(
        **head,
        mark=draw(prices),
        index=draw(st.none() | prices),
        rate=rate,
        rate_8h=rate,
        apr=None if rate is None else rate * 1095.0,
        next_funding_ts=draw(st.none() | st.sampled_from((T0 + MINUTE, T0 + 90 * SECOND, T0 + 8 * HOUR))),
        predicted_8h=draw(maybe_rates),
        kind=kind,
    )


@st.composite
def holdings(draw, minutes=3):
    price = draw(st.none() | prices)
    coins = draw(amounts)
    usd = draw(st.none() | st.just(coins * price)) if price is not None else draw(st.none() | amounts)
    history = draw(st.sampled_from((None, None, None, 300)))
    head = draw(headers(minutes))
    return builders.open_interest(**head, oi_base=coins, oi_usd=usd, price_used=price, period_s=history)


@st.composite
def tickers(draw, minutes=3):
    market = draw(st.sampled_from(("perp", "spot")))
    return builders.ticker(
        **draw(headers(minutes)), market=market, last=draw(prices), vol24h_usd=draw(st.none() | amounts)
    )


@st.composite
def depths(draw, minutes=3):
    far = draw(st.booleans())
    return builders.depth(
        **draw(headers(minutes)),
        spread_bps=draw(st.floats(0.0, 100.0)),
        bid_usd_1pct=draw(amounts),
        ask_usd_1pct=draw(amounts),
        bid_usd_2pct=draw(amounts) if far else None,
        ask_usd_2pct=draw(amounts) if far else None,
        reach_bid_pct=draw(st.sampled_from((0.01, 0.05, 3.0))),
        valid=draw(st.sampled_from((True, True, True, False))),
    )


@st.composite
def ratios(draw, minutes=3):
    share = draw(st.floats(0.0, 1.0))
    kind = draw(st.sampled_from(("account", "top_account", "top_position", "taker")))
    return builders.long_short_ratio(**draw(headers(minutes)), kind=kind, long_share=share)


@st.composite
def liquidations(draw, minutes=3):
    return builders.liquidation(
        **draw(headers(minutes)),
        side=draw(st.sampled_from(("LONG", "SHORT"))),
        price=draw(prices),
        qty=draw(st.floats(1e-6, 100.0)),
        completeness=draw(st.sampled_from(("all", "largest_1s", "aggregate"))),
        backfill=draw(st.sampled_from((False, False, False, True))),
    )


@st.composite
def statuses(draw, minutes=3):
    states = ("up", "up", "up", "down", "stale", "gap", "rate_limited", "unsupported")
    head = draw(headers(minutes)) | {"ts_venue": None}
    symbol = draw(st.sampled_from(("BTC", "MARKET")))
    channel = draw(st.sampled_from(("liquidation", "mark")))
    return builders.feed_status(**head, symbol=symbol, channel=channel, state=draw(st.sampled_from(states)))


@st.composite
def instruments(draw, minutes=3):
    end = draw(st.none() | st.sampled_from((T0 + MINUTE, T0 + HOUR)))
    return builders.instrument(**draw(headers(minutes)), valid_to=end)


@st.composite
def others(draw, minutes=3):
    ts = T0 + draw(st.integers(1, minutes * 60)) * SECOND
    if draw(st.booleans()):
        return aggregate(ts, draw(amounts), draw(amounts), draw(st.lists(venues, max_size=3)))
    open_ts = T0 - draw(st.integers(0, 3)) * HOUR
    return bar(ts, draw(venues), open_ts, draw(st.none() | amounts), closed=draw(st.booleans()))


@st.composite
def flows(draw, minutes=3):
    ts = T0 + draw(st.integers(1, minutes * 60)) * SECOND
    if draw(st.booleans()):
        state = draw(st.sampled_from(("up", "up", "down", "rate_limited")))
        return builders.feed_status(ts=ts, venue="etherscan", channel="logs", state=state)
    kinds = ("MINT", "BURN", "EXCHANGE_INFLOW", "EXCHANGE_OUTFLOW", "EXCHANGE_TRANSFER", "WHALE_TRANSFER")
    return transfer(ts, draw(st.sampled_from(kinds)), draw(amounts), backfill=draw(st.booleans()))


def anything(minutes=3):
    """A fact of any kind that a coin's row may meet."""
    kinds = (marks, marks, holdings, tickers, depths, ratios, liquidations, statuses, instruments, others)
    return st.one_of([kind(minutes) for kind in kinds])


@st.composite
def given_shares(draw):
    """Shares in eighths, with the open interest of all venues or of none, in whole USD."""
    names = draw(st.lists(st.sampled_from(VENUES), unique=True, min_size=1))
    parts = {3: (4, 1, 3), 2: (6, 2), 1: (8,)}[len(names)]
    shares = dict(zip(names, (part / 8 for part in parts), strict=True))
    if draw(st.booleans()):
        return GivenShares(shares)
    return GivenShares(shares, {venue: float(draw(st.integers(0, 5)) * 10**9) for venue in names})


def sorted_facts(facts):
    """Facts in order of receipt."""
    return sorted(facts, key=lambda fact: fact.ts)
