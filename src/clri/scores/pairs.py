"""From the columns of correlation to what is published: a `PairReading` per pair at every full hour (CONTRACTS 1)."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from clri.engine.cadence import DAY_S, Cadence
from clri.engine.score import F8
from clri.engine.snapshot import pack, pack_arrays, unpack, unpack_into
from clri.model.codec import Output
from clri.model.names import Mode
from clri.model.pair import BreakRule, BreakSignal, ChangeLevel, Lead, PairReading
from clri.scores.correlation import PAIRS, Correlation, Params

MEDIUM_FROM: Final = 0.2
HIGH_FROM: Final = 0.3
"""Size of a change of correlation above which it is named."""

_BLOCK: Final = 8_192


class Pairs:
    """Watches the pairs of BTC, ETH and SOL that are tracked.

    Parameters
    ----------
    symbols
        One lane each.
    cadence
        Row spacing.
    params
        None = the defaults.

    Notes
    -----
    A break begins and ends where correlation moves, at a full hour; the reading of that hour says so. Rows left out
    since the last call count as missing.

    Examples
    --------
    >>> pairs = Pairs(("ETH", "BTC"), Cadence(3600))
    >>> [row[0].pair for row in pairs.rows(7_200_000_000_000, "live", np.full((1, 1, 2), 100.0))]
    ['BTC/ETH']
    """

    name = "pairs"
    inputs = ("price",)

    def __init__(self, symbols: Sequence[str], cadence: Cadence, params: Params | None = None) -> None:
        lanes = {symbol: lane for lane, symbol in enumerate(symbols)}
        known = [pair for pair in PAIRS if pair[0] in lanes and pair[1] in lanes]
        assets = list(dict.fromkeys(asset for pair in known for asset in pair[:2]))
        self.names = [(first, second) for first, second, _, _ in known]
        self.cadence = cadence
        self.score = Correlation(
            [(assets.index(a), assets.index(b), low, high) for a, b, low, high in known], cadence, params
        )
        self.params = self.score.params
        self._lanes = np.array([lanes[asset] for asset in assets], dtype=np.intp)
        self._state = self.score.state(len(assets)) | {"next": np.full(1, -1, np.int64)}
        self._at = {column.name: at for at, column in enumerate(self.score.outputs)}

    def rows(self, ts: int, mode: Mode, x: F8) -> list[list[Output]]:
        """Readings of each row of prices `x[1, T, L]`, of which the first ends at `ts` (ns); [] between full hours."""
        if not self.names:
            return [[] for _ in range(x.shape[1])]
        t0 = self.cadence.index(ts)
        y = self._update(t0, x)
        return [
            [
                self._reading(pair, ts + t * self.cadence.step_ns, mode, y[:, t, at])
                for at, pair in enumerate(self.names)
            ]
            if (t0 + t) % self.score.hour == 0
            else []
            for t in range(x.shape[1])
        ]

    def warm(self, ts: int, x: F8) -> None:
        """Take prices as `rows` does, without making readings."""
        if self.names:
            self._update(self.cadence.index(ts), x)

    def _update(self, t0: int, x: F8) -> F8:
        self._catch_up(t0)
        y = self.score.update(t0, self._state, np.ascontiguousarray(x[0][:, self._lanes]))
        self._state["next"][0] = t0 + x.shape[1]
        return y

    def _catch_up(self, t0: int) -> None:
        start = int(self._state["next"][0])
        if start < 0:
            return
        start = max(start, t0 - self.cadence.rows((self.params.days + 2) * DAY_S))
        while start < t0:
            height = min(t0 - start, _BLOCK)
            self.score.update(start, self._state, np.full((height, len(self._lanes)), np.nan))
            start += height

    def _reading(self, pair: tuple[str, str], ts: int, mode: Mode, values: F8) -> PairReading:
        numbers = [None if v != v else v for v in values.tolist()]

        def of(name: str) -> float | None:
            return numbers[self._at[name]]

        c, score, bound = of("correlation"), of("lead_score"), of("lead_bound")
        rule, signal = _broken(seed=bool(of("seed_break")), own=bool(of("quantile_break")))
        lead = _lead(score, bound)
        return PairReading(
            ts=ts,
            pair="/".join(pair),
            mode=mode,
            correlation=c,
            correlation_change=of("correlation_change"),
            change_level=_level(of("correlation_change")),
            normal_range=(of("range_low") or 0.0, of("range_high") or 0.0),
            own_range=bool(of("own_range")),
            breakout=None if c is None else rule is not None,
            rule=rule,
            signal=signal,
            divergence_strength=abs(c) if c is not None and rule is not None else None,
            lead_score=score,
            lead=lead,
            lead_asset={"LEADER": pair[0], "FOLLOWER": pair[1]}.get(lead or ""),
            n=int(of("correlation_n") or 0),
            lead_n=int(of("lead_n") or 0),
        )

    def snapshot(self) -> bytes:
        """State as bytes."""
        return pack(self._fingerprint, {"state": pack_arrays(self._state)})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        clri.model.errors.SnapshotError
            If they belong to other pairs, parameters or another cadence.
        """
        unpack_into(unpack(self._fingerprint, data)["state"], self._state)

    @property
    def _fingerprint(self) -> str:
        return f"pairs {self.names} {self.cadence} {self.params}"


def _broken(*, seed: bool, own: bool) -> tuple[BreakRule | None, BreakSignal | None]:
    if seed:
        return "SEED", "POTENTIAL_PAIR_TRADE"
    return ("OWN_QUANTILE", "DECOUPLING") if own else (None, None)


def _level(change: float | None) -> ChangeLevel | None:
    if change is None or abs(change) <= MEDIUM_FROM:
        return None
    return "HIGH" if abs(change) > HIGH_FROM else "MEDIUM"


def _lead(score: float | None, bound: float | None) -> Lead | None:
    if score is None or bound is None:
        return None
    if score > bound:
        return "LEADER"
    return "FOLLOWER" if score < -bound else "NONE"
