"""From the columns of funding to its events: anomalies and reversals, each in words (SCORES 7.2)."""

from collections.abc import Callable
from typing import Final

import numpy as np

from clri.engine.cadence import Cadence
from clri.engine.score import F8
from clri.model.codec import Output
from clri.model.funding_event import ExtremeLevel, FundingEvent
from clri.model.names import Mode
from clri.scores.funding_anomaly import CHANGE, VOLATILITY, FundingAnomaly, Z
from clri.scores.funding_reversal import FundingReversal
from clri.scores.funding_slots import SLOT_S

_SLOT_NS: Final = SLOT_S * 1_000_000_000
_LEVELS: Final[dict[int, ExtremeLevel]] = {1: "EXTREMELY_HIGH", 0: "MODERATE", -1: "EXTREMELY_LOW"}
_INPUTS: Final = (
    *("funding_8h", "funding_f1", "funding_f2", "funding_sd"),
    *(column.name for column in FundingAnomaly.outputs),
    *(column.name for column in FundingReversal.outputs),
)
_FIRES: Final = ("settled_fires", "funding_fires", "settled_reversal_fires", "reversal_fires")

Number = Callable[[str], float | None]


class FundingEvents:
    """Says where the funding of a symbol is an anomaly or reverses; it keeps nothing itself.

    Parameters
    ----------
    symbols
        One lane each.
    cadence
        Row spacing.
    params
        None: the scores have judged already.
    """

    name = "funding_events"
    inputs = _INPUTS

    def __init__(self, symbols: tuple[str, ...], cadence: Cadence, params: None = None) -> None:  # noqa: ARG002
        self.symbols = symbols
        self.step_ns = cadence.step_ns
        self._fires = [_INPUTS.index(name) for name in _FIRES]

    def rows(self, ts: int, mode: Mode, x: F8) -> list[list[Output]]:
        """Events of each row of `x[inputs, T, L]`, of which the first ends at `ts` (ns), in the order of symbols."""
        out: list[list[Output]] = [[] for _ in range(x.shape[1])]
        for row, lane in np.argwhere(np.any(x[self._fires] > 0.0, axis=0)).tolist():
            numbers = dict(zip(_INPUTS, x[:, row, lane].tolist(), strict=True))
            out[row] += self._events(self.symbols[lane], ts + row * self.step_ns, mode, numbers)
        return out

    def warm(self, ts: int, x: F8) -> None:
        """Nothing: it keeps nothing."""

    def snapshot(self) -> bytes:
        """Nothing: the state is that of the columns."""
        return b""

    def restore(self, data: bytes) -> None:
        """Nothing to restore."""

    @staticmethod
    def _events(symbol: str, ts: int, mode: Mode, numbers: dict[str, float]) -> list[FundingEvent]:
        def known(name: str) -> float | None:
            value = numbers[name]
            return value if value == value else None

        made = {
            "settled_fires": (_anomaly, "settled"),
            "funding_fires": (_anomaly, "funding"),
            "settled_reversal_fires": (_reversal, "settled_reversal"),
            "reversal_fires": (_reversal, "reversal"),
        }
        return [
            make(symbol, ts, mode, known, prefix, settled=name.startswith("settled"))
            for name, (make, prefix) in made.items()
            if numbers[name] > 0.0
        ]


def _slot_ts(ts: int, *, settled: bool) -> int:
    """End of the slot that has just settled, or of the one that runs."""
    return (ts // _SLOT_NS + (0 if settled else 1)) * _SLOT_NS


def _rate(of: Number, *, settled: bool) -> tuple[float, float | None]:
    """The rate and the last settled one before it, per 8 h."""
    rate, before = of("funding_f1" if settled else "funding_8h"), of("funding_f2" if settled else "funding_f1")
    return 0.0 if rate is None else rate, before


def _anomaly(symbol: str, ts: int, mode: Mode, of: Number, prefix: str, *, settled: bool) -> FundingEvent:
    rate, before = _rate(of, settled=settled)
    change = of(f"{prefix}_change")
    z = of(f"{prefix}_z_score")
    terms = int(of(f"{prefix}_terms") or 0)
    words = {Z: f"Z-score anomaly: {z or 0.0:.2f}σ", CHANGE: f"Rapid change: {(change or 0.0) * 100:+.4f} %"}
    words[VOLATILITY] = f"High volatility: {of('funding_sd') or 0.0:.5f}"
    return FundingEvent(
        symbol=symbol,
        ts=ts,
        kind="anomaly",
        slot_ts=_slot_ts(ts, settled=settled),
        settled=settled,
        funding_rate=rate,
        previous_rate=before,
        funding_change=change,
        funding_z_score=z,
        anomaly_score=of(f"{prefix}_anomaly_score"),
        reasons=[text for bit, text in words.items() if terms & bit],
        mode=mode,
    )


def _reversal(symbol: str, ts: int, mode: Mode, of: Number, prefix: str, *, settled: bool) -> FundingEvent:
    rate, before = _rate(of, settled=settled)
    return FundingEvent(
        symbol=symbol,
        ts=ts,
        kind="reversal",
        slot_ts=_slot_ts(ts, settled=settled),
        settled=settled,
        funding_rate=rate,
        previous_rate=before,
        funding_change=of(f"{prefix}_current"),
        extreme_level=_LEVELS[int(of(f"{prefix}_level") or 0)],
        reversal_strength=of(f"{prefix}_strength"),
        reversal_confidence=of("reversal_confidence"),
        mode=mode,
    )
