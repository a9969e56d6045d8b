"""Binance by orjson and plain Python."""

from typing import Any

from benchmarks.plain.facts import BadError, Plain, amount, event_id, liquidation, mark, ns, number, price, ticker
from benchmarks.plain.mapper import PlainMapper, Row

SIDES = {"SELL": "LONG", "BUY": "SHORT"}


class Mapper(PlainMapper):
    """USD-M perpetuals."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[str, float] = {}
        self.makers = {"forceOrder": self._force, "markPriceUpdate": self._mark, "24hrTicker": self._day}

    def handle(self, message: Any, recv: int) -> list[Plain]:
        """Facts of a decoded frame, bare or of a combined stream."""
        if type(message) is not list:
            if "stream" in message:
                message = message["data"]
            else:
                fact = self.makers[message["e"]](message, recv)
                return [] if fact is None else [fact]
        facts, bad = [], 0
        make = self.makers[message[0]["e"]]
        for row in message:
            try:
                fact = make(row, recv)
            except BadError:
                bad += 1
                continue
            if fact is not None:
                facts.append(fact)
        if bad:
            self.counts["bad_row"] += bad
        return facts

    def _force(self, row: Row, recv: int) -> Plain | None:
        order = row["o"]
        raw, word, size, asked, at = order["s"], order["S"], order["q"], order["p"], order["T"]
        found = self.of(raw)
        if found is None:
            return None
        side = SIDES.get(word)
        if side is None:
            raise BadError(word)
        coin, m, _ = found
        if qty := number(order["z"]):
            kind, value = "fill", number(order["ap"])
        else:
            kind, value, qty = "order", number(asked), number(size)
        found_id, late = event_id("binance", f"{raw}|{word}|{at}|{asked}|{size}"), False
        value = price(value / m)
        return liquidation(recv, ns(at), coin, "binance", raw, late, side, value, kind, qty * m, "largest_1s", found_id)

    def _mark(self, row: Row, recv: int) -> Plain | None:
        raw = row["s"]
        found = self.of(raw)
        if found is None:
            return None
        coin, m, _ = found
        index, rate, following = row.get("i"), row.get("r"), row.get("T")
        at = self.marks[raw] = price(number(row["p"]) / m)
        return mark(
            recv,
            ns(row["E"]),
            coin,
            "binance",
            raw,
            None,
            at,
            price(number(index) / m) if index else None,
            number(rate) if rate else None,
            8.0,
            ns(following) if following else None,
        )

    def _day(self, row: Row, recv: int) -> Plain | None:
        raw = row["s"]
        found = self.of(raw)
        if found is None:
            return None
        coin, m, _ = found
        base, usd, change, bid, ask = row.get("v"), row.get("q"), row.get("P"), row.get("b"), row.get("a")
        return ticker(
            recv,
            ns(row["E"]),
            coin,
            "binance",
            "spot" if "x" in row or bid is not None else "perp",
            raw,
            None,
            price(number(row["c"]) / m),
            amount(number(base) * m, 1e15) if base else None,
            amount(number(usd), 1e13) if usd else None,
            number(change) if change else None,
            price(number(bid) / m) if bid else None,
            price(number(ask) / m) if ask else None,
        )
