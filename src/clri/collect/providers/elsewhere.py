"""Figures of exchanges that have no adapter here: looked at and compared, never scored (VENUES 3, 13).

They come from aggregators and from ccxt, at lower trust: no fact is made of them, so that no row, weight or coverage
can depend on them.
"""

from collections import Counter
from typing import Final, Literal

import msgspec

from clri.collect import checks
from clri.collect.values import Blank, blank

MOST: Final = 20_000
"""Figures that are kept; beyond it the oldest goes."""
FRESH_NS: Final = 30 * 60 * 1_000_000_000


class Figures(msgspec.Struct, frozen=True, gc=False):
    """What a service says about one symbol on one exchange.

    `rate` is a fraction per interval, positive = longs pay; `interval_h` is None where the service does not tell it,
    and then there is no 8-h rate. Missing is None.
    """

    ts: int
    provider: str
    exchange: str
    symbol: str
    kind: Literal["oi", "funding", "market"]
    raw: str | None = None
    oi_base: float | None = None
    oi_usd: float | None = None
    rate: float | None = None
    interval_h: float | None = None
    mark: float | None = None
    volume24h_usd: float | None = None

    @property
    def rate_8h(self) -> float | None:
        """Fraction per 8 h; None if the interval is unknown."""
        return None if self.rate is None or self.interval_h is None else self.rate * 8.0 / self.interval_h


def known(figures: Figures) -> bool:
    """Whether it says anything at all."""
    told = (figures.oi_base, figures.oi_usd, figures.rate, figures.mark, figures.volume24h_usd)
    return any(value is not None for value in told)


def amount(value: Blank, most: float, what: str) -> float | None:
    """Checked amount, 0 to `most`; None if missing."""
    found = blank(value)
    return None if found is None else checks.amount(found, most, what)


def percent_rate(value: Blank) -> float | None:
    """Funding fraction of one told in percent; None if missing.

    Examples
    --------
    >>> percent_rate(0.01), percent_rate("")
    (0.0001, None)
    """
    found = blank(value)
    return None if found is None else checks.rate(found / 100.0)


class Elsewhere:
    """Newest figures by service, exchange, symbol, kind and contract.

    Attributes
    ----------
    dropped
        Figures that went because there were too many, by service.

    Examples
    --------
    >>> board = Elsewhere()
    >>> board.put(Figures(5, "coinglass", "CME", "BTC", "oi", oi_usd=13.9e9))
    >>> [(row.exchange, row.oi_usd) for row in board.rows("BTC", now=10)], board.rows("BTC", now=10, within_ns=4)
    ([('CME', 13900000000.0)], [])
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows: dict[tuple[str, str, str, str, str | None], Figures] = {}
        self.dropped: Counter[str] = Counter()

    def put(self, figures: Figures) -> None:
        """Take figures; what says nothing is left out, what is older than the kept ones too."""
        key = (figures.provider, figures.exchange, figures.symbol, figures.kind, figures.raw)
        old = self._rows.get(key)
        if not known(figures) or (old is not None and old.ts > figures.ts):
            return
        self._rows.pop(key, None)  # the newest stands last
        self._rows[key] = figures
        if len(self._rows) > self._most:
            gone = self._rows.pop(next(iter(self._rows)))
            self.dropped[gone.provider] += 1

    def rows(self, symbol: str, now: int, within_ns: int = FRESH_NS) -> list[Figures]:
        """Figures of a symbol at most `within_ns` old at `now` (ns), by service, exchange, kind and contract."""
        found = [row for row in self._rows.values() if row.symbol == symbol and now - row.ts <= within_ns]
        return sorted(found, key=lambda row: (row.provider, row.exchange, row.kind, row.raw or ""))

    def __len__(self) -> int:
        return len(self._rows)
