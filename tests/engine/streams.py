"""Random but lawful streams of facts for pipeline tests."""

from hypothesis import strategies as st

from clri.model.timebase import MINUTE, SECOND
from clri.testing import builders as b

START = 29_833_333 * MINUTE
SYMBOLS = ("BTC", "ETH")
VENUES = ("binance", "bybit", "okx")


def _status(ts, venue, state):
    return b.feed_status(ts=ts, ts_venue=None, symbol="MARKET", venue=venue, channel="liquidation", state=state)


def _fact(kind: str, ts: int, symbol: str, venue: str, size: float, lag: int):
    common = {"ts": ts, "symbol": symbol, "venue": venue}
    if kind == "liquidation":
        return b.liquidation(
            **common,
            ts_venue=ts - lag,
            side="LONG" if size > 3 else "SHORT",
            price=60_000 + size,
            qty=size,
            usd=(60_000 + size) * size,
            event_id=f"{ts}-{symbol}-{venue}",
        )
    if kind == "mark":
        return b.mark_funding(
            **common, ts_venue=ts - lag % SECOND, mark=60_000 * (1 + size / 1000), rate_8h=size * 1e-5
        )
    if kind == "oi":
        return b.open_interest(**common, ts_venue=ts, oi_base=80_000 + 100 * size)
    if kind == "depth":
        return b.depth(**common, ts_venue=ts, bid_usd_1pct=1e6 * (1 + size), ask_usd_1pct=2e6)
    if kind == "ratio":
        return b.long_short_ratio(**common, ts_venue=ts)
    return b.ticker(**common, ts_venue=ts, market="spot" if size > 5 else "perp", vol24h_usd=1e9 * (1 + size))


@st.composite
def streams(draw, seconds: int = 240, most: int = 120, breaks: bool = True):
    """Facts in order of receipt, with unique receipts; with `breaks` feeds come and go."""
    offsets = sorted(draw(st.sets(st.integers(1, seconds * 100), min_size=1, max_size=most)))
    facts = [_status(START + 1 + at, venue, "up") for at, venue in enumerate(VENUES)]
    words = ["liquidation"] * 4 + ["mark", "mark", "oi", "depth", "ratio", "ticker"]
    kinds = st.sampled_from([*words, "down", "up"] if breaks else words)
    for offset in offsets:
        ts = START + offset * SECOND // 100 + 7
        kind, venue = draw(kinds), draw(st.sampled_from(VENUES))
        if kind in {"down", "up"}:
            facts.append(_status(ts, venue, kind))
            continue
        size = draw(st.integers(1, 10_000)) / 1000
        lag = draw(st.integers(0, 2 * SECOND))
        facts.append(_fact(kind, ts, draw(st.sampled_from(SYMBOLS)), venue, size, lag))
    return facts
