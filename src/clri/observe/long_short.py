"""Long/short ratios of a symbol by kind, OI-weighted over venues."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from clri.engine.operator import Shares
from clri.maths.log import exp, ln
from clri.model.facts import LongShortRatio
from clri.model.timebase import MINUTE
from clri.observe.freshness import evidence_of, fresh
from clri.observe.intake import Intake, When, keep
from clri.observe.state import from_bytes, to_bytes
from clri.observe.weighted import mean, weigh


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the long/short ratios.

    Parameters
    ----------
    limit_ns
        Age at which a ratio leaves, ns: 15 min.
    """

    limit_ns: int = 15 * MINUTE


DEFAULT: Final = Params()

FIELDS: Final = {
    "account": "long_short_ratio",
    "top_account": "ls_top_account_ratio",
    "top_position": "ls_top_position_ratio",
    "taker": "ls_taker_ratio",
}

Ratio: TypeAlias = tuple[When, float]

_NONE: Final = 0.0  # no ratio: one side is empty


class _State(msgspec.Struct, array_like=True):
    ratios: dict[str, dict[str, Ratio]]


class LongShort(Intake):
    """long_short_ratio (global accounts), ls_top_account_ratio, ls_top_position_ratio, ls_taker_ratio, `ls` evidence.

    A venue whose newest ratio has an empty side (short or long = 0) is left out: its logarithm does not exist.

    Parameters
    ----------
    symbol
        Base coin.

    Notes
    -----
    ratio = exp(sum(w*ln(ratio)) / sum(w)) over the fresh venues of the kind, w their open interest (`weigh`), so that
    1:2 and 2:1 cancel. Each kind needs 0.30 of the weight; the evidence shown is that of the global accounts.

    Examples
    --------
    >>> from clri.observe.shares import OpenInterestShares
    >>> ratios, shares = LongShort("BTC"), OpenInterestShares("BTC", ["okx", "gate"])
    >>> for venue, share, ratio in (("okx", 0.8, 4.0), ("gate", 0.5, 1.0)):
    ...     head = (1, None, "BTC", venue, "perp", None, "rest", None, False)
    ...     ratios.add(LongShortRatio(*head, "account", share, ratio, 300))
    >>> row = ratios.close(MINUTE, shares)
    >>> round(row["long_short_ratio"], 12), row["cov_ls"], "ls_taker_ratio" in row
    (2.0, 1.0, False)
    """

    def __init__(self, symbol: str, params: Params = DEFAULT) -> None:
        super().__init__(symbol)
        self._params = params
        self._ratios: dict[str, dict[str, Ratio]] = {kind: {} for kind in FIELDS}
        self.handlers = {LongShortRatio: self._ratio}

    def close(self, boundary: int, shares: Shares) -> Mapping[str, Any]:
        """Observation fields of the minute that ends at `boundary` (ns)."""
        row: dict[str, Any] = {}
        weights = weigh(shares)
        for kind, name in FIELDS.items():
            slots = fresh(self._ratios[kind], boundary, self._params.limit_ns, shares)
            used = {venue: slot for venue, slot in slots.items() if slot[1] > _NONE}
            found = evidence_of(used, boundary, shares)
            if kind == "account":
                row |= found.fields("ls")
            if found.enough:
                value = mean([(ln(ratio), weights[venue]) for venue, (_, ratio) in used.items()])
                row[name] = None if value is None else exp(value)
        return row

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes(_State(self._ratios))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        self._ratios = from_bytes(data, _State).ratios

    def _ratio(self, fact: LongShortRatio, at: When) -> None:
        ratio = _NONE if fact.ratio is None else fact.ratio
        keep(self._ratios[fact.kind], fact.venue, (at, ratio))
