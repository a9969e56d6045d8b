"""What the three venues share: size cap, decoding, containment, counts, symbols."""

from collections import Counter
from typing import Any, ClassVar

from benchmarks.plain.facts import BadError, Plain
from clri.collect.mapper import MAX_FRAME
from clri.collect.simulate.coins import COINS

Row = dict[str, Any]


class PlainMapper:
    """One connection to one venue."""

    spelled: ClassVar[str] = "{}USDT"

    def __init__(self) -> None:
        from orjson import loads

        self.loads = loads
        self.counts: Counter[str] = Counter()
        self.coins = {self.spelled.format(coin.symbol): (coin.symbol, 1.0, coin.okx) for coin in COINS}

    def decode(self, raw: bytes, recv: int) -> list[Plain]:
        """Facts of a frame; a broken one is counted."""
        if len(raw) > MAX_FRAME:
            self.counts["too_large"] += 1
            return []
        try:
            facts = self.handle(self.loads(raw), recv)
        except (BadError, ValueError, KeyError, TypeError):
            self.counts["quarantined"] += 1
            return []
        self.counts["decoded" if facts else "ignored"] += 1
        return facts

    def handle(self, message: Any, recv: int) -> list[Plain]:
        """Facts of a decoded frame."""
        raise NotImplementedError

    def of(self, raw: str) -> tuple[str, float, float] | None:
        """Coin, multiplier and OKX contract size of a raw symbol."""
        found = self.coins.get(raw)
        if found is None:
            self.counts["unknown_symbol"] += 1
        return found
