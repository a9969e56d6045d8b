"""From the columns of a 4-h episode to its record: `CascadeUpdate` of kind sustained (CONTRACTS 1).

One id from entry to end: UUIDv5 of symbol, start and detector version, as for bursts. The record holds the peak: its
totals, side, velocity and severity are those of the 4 hours that end at the highest velocity. `threshold_usd` is the
least total that would have met both thresholds over the same hours. Rows do not tell venues apart: `venues` is empty.
"""

from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np

from clri.engine.cadence import Cadence
from clri.engine.pipeline import MARKET_WIDE_FROM
from clri.engine.score import F8
from clri.model.cascade import CascadeState, CascadeUpdate, SideBias
from clri.model.codec import Output
from clri.model.names import Mode
from clri.scores import cascade4h
from clri.scores.cascade4h_episode import ACTIVE, ENDED, Cascade4hEpisode

VERSION: Final = "sustained-1"
"""Part of every id: another detector version finds other cascades."""

_NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:clri:cascade")
_COLUMNS: Final = {column.name: at for at, column in enumerate(Cascade4hEpisode.outputs)}
_SIDES: Final[dict[int, SideBias]] = {1: "LONG", 0: "BALANCED", -1: "SHORT"}


def cascade_id(symbol: str, started_at: int) -> UUID:
    """UUIDv5 of symbol, start (ns) and detector version: a replay finds the same id.

    Examples
    --------
    >>> str(cascade_id("BTC", 1_790_000_000_000_000_000))
    '58375d48-99ce-5c8f-b38d-1490ab7e643b'
    """
    return uuid5(_NAMESPACE, f"{symbol}|{started_at}|{VERSION}")


class Sustained:
    """Says where a 4-h episode begins, grows, is lost from sight and ends; it keeps nothing itself.

    Parameters
    ----------
    symbols
        One lane each.
    cadence
        Row spacing.
    params
        Of the 4-h cascade.
    """

    name = "sustained"
    inputs = tuple(_COLUMNS)

    def __init__(self, symbols: tuple[str, ...], cadence: Cadence, params: cascade4h.Params | None = None) -> None:
        self.symbols = symbols
        self.step_ns = cadence.step_ns
        self.min_usd = cascade4h.Cascade4h(cadence, params).min_usd

    def rows(self, ts: int, mode: Mode, x: F8) -> list[list[Output]]:
        """Updates of each row of `x[inputs, T, L]`, of which the first ends at `ts` (ns), in the order of symbols."""
        out: list[list[Output]] = [[] for _ in range(x.shape[1])]
        for row, lane in np.argwhere(x[_COLUMNS["episode_said"]] > 0.0).tolist():
            running = int((x[_COLUMNS["episode_state"], row] == ACTIVE).sum())
            numbers = dict(zip(_COLUMNS, x[:, row, lane].tolist(), strict=True))
            wide = running >= MARKET_WIDE_FROM
            out[row].append(self._update(self.symbols[lane], ts + row * self.step_ns, mode, numbers, wide=wide))
        return out

    def warm(self, ts: int, x: F8) -> None:
        """Nothing: it keeps nothing."""

    def snapshot(self) -> bytes:
        """Nothing: the state is that of the episode's columns."""
        return b""

    def restore(self, data: bytes) -> None:
        """Nothing to restore."""

    def _update(self, symbol: str, ts: int, mode: Mode, of: dict[str, float], *, wide: bool) -> CascadeUpdate:
        started_at = ts - int(of["episode_age"]) * self.step_ns
        met_at = ts - int(of["episode_met_age"]) * self.step_ns
        hours, code = of["episode_hours"], int(of["episode_state"])
        state: CascadeState = "active" if code == ACTIVE else "ended" if code == ENDED else "unknown"
        complete = of["episode_complete"]
        return CascadeUpdate(
            cascade_id=str(cascade_id(symbol, started_at)),
            kind="sustained",
            symbol=symbol,
            ts=ts,
            state=state,
            market_wide=wide,
            started_at=started_at,
            detected_at=started_at,
            last_met_at=met_at,
            ended_at=met_at if code == ENDED else None,
            duration_s=(met_at - started_at) / 1e9,
            event_count=int(of["episode_events"]),
            total_usd=of["episode_usd"],
            long_usd=of["episode_long_usd"],
            short_usd=of["episode_short_usd"],
            max_window_usd=of["episode_most_usd"],
            velocity_usd_per_h=of["episode_velocity_usd_h"],
            events_per_min=of["episode_events"] / (hours * 60.0),
            side_bias=_SIDES[int(of["episode_side"])],
            severity=of["episode_severity"],
            risk_score=None,
            max_risk_score=None,
            factors={},
            threshold_usd=max(self.min_usd, of["episode_threshold_usd_h"] * hours),
            threshold_source="adaptive" if of["episode_adaptive"] > 0.0 else "floor",
            venues={},
            completeness=complete,
            price_min=of["episode_low"],
            price_max=of["episode_high"],
            mode=mode,
        )
