"""The whole minute tier in one piece: scores per symbol, the market across them, readings out."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np

from clri.engine.cadence import Cadence
from clri.engine.panel import ScorePanel
from clri.engine.pipeline import Minute
from clri.engine.score import F8, Score
from clri.engine.snapshot import pack, pack_arrays, unpack, unpack_into
from clri.model.names import Mode
from clri.model.observation import Observation
from clri.scores.clri import Clri
from clri.scores.direction import Direction
from clri.scores.market import Market
from clri.scores.market_reading import compose_market
from clri.scores.reading import ReadingComposer, Row


class MinuteTier:
    """Observations in, readings out; one live row or a block of history by the same code.

    Parameters
    ----------
    scores
        Lane scores built for `cadence`; `Clri` and `Direction` among them.
    market
        The market index.
    symbols
        One lane each; the order of readings.
    cadence
        Row spacing.

    Raises
    ------
    clri.model.errors.ConfigError
        If scores form a circle or miss a column.
    """

    def __init__(self, scores: Sequence[Score], market: Market, symbols: Sequence[str], cadence: Cadence) -> None:
        self.panel = ScorePanel(scores, symbols, cadence)
        self.market = market
        self.cadence = cadence
        self.symbols = tuple(symbols)
        self._market_state = market.state(len(self.symbols))
        self._reads = np.array([self.panel.columns[name] for name in market.inputs], dtype=np.intp)
        self._composer = ReadingComposer(
            cadence,
            next(s.params for s in scores if isinstance(s, Clri)),
            next(s.params for s in scores if isinstance(s, Direction)),
            self.params_hash,
        )

    @property
    def params_hash(self) -> str:
        """Names every parameter in force."""
        text = repr([(s.name, getattr(s, "params", None)) for s in self.panel.scores] + [self.market.params])
        return blake2b(text.encode(), digest_size=6).hexdigest()

    def row(self, observations: Sequence[Observation], market: Observation | None = None) -> Minute:  # noqa: ARG002 - until a score reads it
        """Readings of one row: an observation per symbol, in lane order, all of one time."""
        first = observations[0]
        rows = self.panel.row(observations)
        return next(self._published(first.ts, first.mode, rows))

    def block(self, t0: int, observed: F8, mode: Mode, offset_ns: int = 0) -> Iterator[Minute]:
        """Readings of consecutive rows from row number `t0` on; `observed[numbers, T, lanes]`, NaN = missing."""
        return self._published(t0 * self.cadence.step_ns + offset_ns, mode, self.panel.block(t0, observed))

    def warm(self, t0: int, observed: F8) -> None:
        """Take history as `block` does, without building its readings."""
        self.market.update(self._market_state, self.panel.block(t0, observed)[self._reads])

    def _published(self, ts: int, mode: Mode, rows: F8) -> Iterator[Minute]:
        y, lanes = self.market.update(self._market_state, rows[self._reads])
        for t in range(rows.shape[1]):
            now = ts + t * self.cadence.step_ns
            readings = [
                self._composer.compose(symbol, now, mode, Row(self.panel.columns, values), pct)
                for symbol, values, pct in zip(
                    self.symbols, rows[:, t].T.tolist(), _missing_as_none(lanes[1, t]), strict=True
                )
            ]
            yield Minute(readings, compose_market(self.market, readings, y[:, t], lanes[0, t]), [])

    def snapshot(self) -> bytes:
        """State as bytes."""
        return pack(self.panel.fingerprint, {"panel": self.panel.snapshot(), "market": pack_arrays(self._market_state)})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        clri.model.errors.SnapshotError
            If they belong to other scores, parameters, symbols or another cadence.
        """
        parts = unpack(self.panel.fingerprint, data)
        self.panel.restore(parts["panel"])
        unpack_into(parts["market"], self._market_state)


def _missing_as_none(values: F8) -> list[float | None]:
    return [None if v != v else v for v in values.tolist()]
