"""Bybit by orjson and plain Python."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from benchmarks.plain.facts import (
    BadError,
    Plain,
    amount,
    event_id,
    interest,
    liquidation,
    mark,
    ns,
    number,
    price,
    ticker,
)
from benchmarks.plain.mapper import PlainMapper, Row

SIDES: Final = {"Buy": "LONG", "Sell": "SHORT"}


def _hours(text: str, _m: float) -> float:
    value = number(text)
    if 1.0 <= value <= 24.0:
        return value
    raise BadError(value)


def _rate(text: str, _m: float) -> float:
    value = number(text)
    if -0.05 <= value <= 0.05:
        return value
    raise BadError(value)


def _percent(text: str, _m: float) -> float:
    value = number(text)
    if -1.0 <= value < 1e6:
        return value * 100.0
    raise BadError(value)


def _price(text: str, m: float) -> float:
    return price(number(text) / m)


CHANGES: Final[dict[str, tuple[str, bool, Callable[[str, float], float]]]] = {
    "markPrice": ("mark", False, _price),
    "indexPrice": ("index", False, _price),
    "fundingRate": ("rate", False, _rate),
    "fundingIntervalHour": ("hours", False, _hours),
    "nextFundingTime": ("next", False, lambda text, _: ns(int(text))),
    "lastPrice": ("last", True, _price),
    "volume24h": ("base", True, lambda text, m: amount(number(text) * m, 1e15)),
    "turnover24h": ("usd", True, lambda text, _: amount(number(text), 1e13)),
    "price24hPcnt": ("change", True, _percent),
    "bid1Price": ("bid", True, _price),
    "ask1Price": ("ask", True, _price),
}
"""Field of a ticker -> place in the state, whether it belongs to the traded part, and how it is read."""
TRADED: Final = ("last", "base", "usd", "change", "bid", "ask")


class Mapper(PlainMapper):
    """Linear perpetuals."""

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, Row] = {}

    def handle(self, message: Any, recv: int) -> list[Plain]:
        """Facts of a decoded frame."""
        topic = message["topic"]
        if topic.startswith("allLiquidation."):
            return self._closed(message, recv)
        return self._merged(message, recv) if topic.startswith("tickers.") else []

    def _closed(self, message: Row, recv: int) -> list[Plain]:
        sent, rows = ns(message["ts"]), message["data"]
        ranks: Counter[str] | None = Counter() if len(rows) > 1 else None
        facts, bad = [], 0
        for row in rows:
            try:
                fact = self._position(row, recv, sent, ranks)
            except BadError:
                bad += 1
                continue
            if fact is not None:
                facts.append(fact)
        if bad:
            self.counts["bad_row"] += bad
        return facts

    def _position(self, row: Row, recv: int, sent: int, ranks: Counter[str] | None) -> Plain | None:
        raw, word, size, asked, at = row["s"], row["S"], row["v"], row["p"], row["T"]
        found = self.of(raw)
        if found is None:
            return None
        side = SIDES.get(word)
        if side is None:
            raise BadError(word)
        coin, m, _ = found
        raws, rank = f"{raw}|{at}|{word}|{size}|{asked}", 0
        if ranks is not None:
            rank = ranks[raws]
            ranks[raws] = rank + 1
        ts, value, qty = ns(at), price(number(asked) / m), number(size) * m
        late, found_id = sent - ts > 30_000_000_000, event_id("bybit", raws, rank)
        return liquidation(recv, ts, coin, "bybit", raw, late, side, value, "bankruptcy", qty, "all", found_id)

    def _merged(self, message: Row, recv: int) -> list[Plain]:  # noqa: C901 - in one piece it is fastest
        row, ts, seq = message["data"], ns(message["ts"]), message.get("cs")
        raw = row["symbol"]
        found = self.of(raw)
        if found is None:
            return []
        coin, m, _ = found
        state = self.states.get(raw)
        if message["type"] == "snapshot" or state is None:
            if "markPrice" not in row:
                return []
            state = self.states[raw] = {}
        elif ts < state["ts"]:
            return []
        state["ts"] = ts
        marked = traded = False
        for name, value in row.items():
            change = CHANGES.get(name)
            if change is not None:
                key, is_trade, read = change
                state[key] = read(value, m) if value else None
                if is_trade:
                    traded = True
                else:
                    marked = True
        facts = []
        get = state.get
        at = get("mark")
        if marked and at is not None:
            index, rate, following = get("index"), get("rate"), get("next")
            facts.append(mark(recv, ts, coin, "bybit", raw, seq, at, index, rate, get("hours") or 8.0, following))
        if oi := row.get("openInterest"):
            facts.append(interest(recv, ts, coin, "bybit", raw, seq, amount(number(oi) * m, 1e15), at))
        if traded and get("last") is not None:
            facts.append(ticker(recv, ts, coin, "bybit", "perp", raw, seq, *map(get, TRADED)))
        return facts
