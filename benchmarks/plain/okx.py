"""OKX by orjson and plain Python."""

from typing import Any, ClassVar, Final

from benchmarks.plain.facts import BadError, Plain, amount, event_id, liquidation, mark, ns, number, price, ticker
from benchmarks.plain.mapper import PlainMapper, Row

OPPOSITE: Final = {"long": "buy", "short": "sell"}
MARK_NS: Final = 60_000_000_000
INDEX_NS: Final = 120_000_000_000
FUNDING_NS: Final = 600_000_000_000
NOTHING: Final = (None, None, None)


class Mapper(PlainMapper):
    """Linear swaps."""

    spelled: ClassVar[str] = "{}-USDT-SWAP"

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[str, tuple[float, int, int]] = {}
        self.indexes: dict[str, tuple[float, int]] = {}
        self.terms: dict[str, tuple[tuple[float | None, float | None, int | None], int]] = {}
        self.makers = {
            "liquidation-orders": self._orders,
            "mark-price": self._mark,
            "tickers": self._day,
            "index-tickers": self._index,
            "funding-rate": self._funding,
        }

    def handle(self, message: Any, recv: int) -> list[Plain]:
        """Facts of a decoded frame."""
        make, rows = self.makers[message["arg"]["channel"]], message["data"]
        if len(rows) == 1:
            return make(rows[0], recv)
        facts, bad = [], 0
        for row in rows:
            try:
                facts += make(row, recv)
            except BadError:
                bad += 1
        if bad:
            self.counts["bad_row"] += bad
        return facts

    def _orders(self, row: Row, recv: int) -> list[Plain]:
        raw = row["instId"]
        found = self.of(raw)
        if found is None:
            return []
        coin, m, contract = found
        facts = []
        for order in row["details"]:
            side, asked, size, at = order["side"], order["bkPx"], order["sz"], order["ts"]
            if side not in OPPOSITE.values() or OPPOSITE.get(order["posSide"]) == side:
                raise BadError(side)
            if not (len(at) == 13 and at.isascii() and at.isdigit()):
                raise BadError(at)
            ts, value, qty = ns(int(at)), price(number(asked) / m), number(size) * contract * m
            found_id, late = event_id("okx", f"{raw}|{at}|{side}|{size}|{asked}"), False
            position, how = "LONG" if side == "sell" else "SHORT", "bankruptcy"
            facts.append(
                liquidation(recv, ts, coin, "okx", raw, late, position, value, how, qty, "sample_1s", found_id)
            )
        return facts

    def _mark(self, row: Row, recv: int) -> list[Plain]:
        raw = row["instId"]
        found = self.of(raw)
        if found is None:
            return []
        coin, m, _ = found
        at, ts = price(number(row["markPx"]) / m), ns(int(row["ts"]))
        self.marks[raw] = (at, ts, recv)
        return self._joined(raw, coin, recv)

    def _joined(self, raw: str, coin: str, recv: int) -> list[Plain]:
        at, ts, told = self.marks.get(raw, (0.0, 0, -MARK_NS))
        if recv - told > MARK_NS:
            return []
        index, index_at = self.indexes.get(raw, (None, 0))
        (rate, hours, following), terms_at = self.terms.get(raw, (NOTHING, 0))
        if recv - terms_at > FUNDING_NS:
            rate = hours = following = None
        if recv - index_at > INDEX_NS:
            index = None
        return [mark(recv, ts, coin, "okx", raw, None, at, index, rate, hours, following)]

    def _index(self, row: Row, recv: int) -> list[Plain]:
        raw = row["instId"] + "-SWAP"
        found = self.of(raw)
        if found is not None:
            ns(int(row["ts"]))
            self.indexes[raw] = (price(number(row["idxPx"]) / found[1]), recv)
        return []

    def _funding(self, row: Row, recv: int) -> list[Plain]:
        raw = row["instId"]
        found = self.of(raw)
        if found is None:
            return []
        coming, following = ns(int(row["fundingTime"])), ns(int(row["nextFundingTime"]))
        hours = (following - coming) / 3.6e12
        if not 1.0 <= hours <= 24.0:
            raise BadError(hours)
        self.terms[raw] = ((number(row["fundingRate"]), hours, coming), recv)
        return self._joined(raw, found[0], recv)

    def _day(self, row: Row, recv: int) -> list[Plain]:
        raw = row["instId"]
        found = self.of(raw)
        if found is None or not row["last"]:
            return []
        coin, m, _ = found
        last, opened, base = price(number(row["last"]) / m), row["open24h"], row["volCcy24h"]
        before = price(number(opened) / m) if opened else None
        coins = amount(number(base) * m, 1e15) if base else None
        bid, ask = row["bidPx"], row["askPx"]
        return [
            ticker(
                recv,
                ns(int(row["ts"])),
                coin,
                "okx",
                "perp",
                raw,
                None,
                last,
                coins,
                None if coins is None else amount(coins * last, 1e13),
                None if before is None else (last / before - 1.0) * 100.0,
                price(number(bid) / m) if bid else None,
                price(number(ask) / m) if ask else None,
            )
        ]
