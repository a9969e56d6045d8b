"""The whole minute tier in one piece: scores per symbol, the market across them, readings out."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Protocol

import numpy as np

from clri.engine.cadence import Cadence
from clri.engine.panel import ScorePanel
from clri.engine.pipeline import Minute
from clri.engine.score import F8, Score
from clri.engine.snapshot import pack, pack_arrays, unpack, unpack_into
from clri.model.codec import Output
from clri.model.names import MARKET, Mode
from clri.model.observation import NUMBERS, Observation
from clri.scores.clri import Clri
from clri.scores.direction import Direction
from clri.scores.liquidation_risk import LiquidationRisk
from clri.scores.market import Market
from clri.scores.market_reading import compose_market
from clri.scores.reading import ReadingComposer, Row


class Events(Protocol):
    """Reads finished rows of all lanes and says what began, ended or is due; with a state of its own."""

    @property
    def name(self) -> str:
        """Name of its part of the snapshot."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns it reads."""

    def rows(self, ts: int, mode: Mode, x: F8) -> list[list[Output]]:
        """Events of each row of `x[inputs, T, L]`, of which the first ends at `ts` (ns); gaps are its own matter."""

    def warm(self, ts: int, x: F8) -> None:
        """Take rows as `rows` does, without saying anything about them."""

    def snapshot(self) -> bytes:
        """State as bytes."""

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""


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
    events
        What speaks up beside the readings, in the order of publication.
    market_scores
        Scores of the one lane MARKET, over the market's own rows.

    Raises
    ------
    clri.model.errors.ConfigError
        If scores form a circle or miss a column.
    """

    def __init__(
        self,
        scores: Sequence[Score],
        market: Market,
        symbols: Sequence[str],
        cadence: Cadence,
        events: Sequence[Events] = (),
        market_scores: Sequence[Score] = (),
    ) -> None:
        self.panel = ScorePanel(scores, symbols, cadence)
        self.market_panel = ScorePanel(market_scores, (MARKET,), cadence)
        self.market = market
        self.cadence = cadence
        self.symbols = tuple(symbols)
        self.events = tuple(events)
        self._market_state = market.state(len(self.symbols))
        self._reads = np.array([self.panel.columns[name] for name in market.inputs], dtype=np.intp)
        self._heard = [np.array([self.panel.columns[name] for name in e.inputs], dtype=np.intp) for e in self.events]
        self._unread = self.panel.unread((*market.inputs, *(name for e in self.events for name in e.inputs)))
        self._composer = ReadingComposer(
            cadence,
            next(s.params for s in scores if isinstance(s, Clri)),
            next(s.params for s in scores if isinstance(s, Direction)),
            self.params_hash,
            next((s.params for s in scores if isinstance(s, LiquidationRisk)), None),
        )

    @property
    def params_hash(self) -> str:
        """Names every parameter in force."""
        text = repr([(s.name, getattr(s, "params", None)) for s in self.panel.scores] + [self.market.params])
        text += repr([(s.name, getattr(s, "params", None)) for s in self.market_panel.scores])
        text += repr([(e.name, getattr(e, "params", None)) for e in self.events]) if self.events else ""
        return blake2b(text.encode(), digest_size=6).hexdigest()

    def row(self, observations: Sequence[Observation], market: Observation | None = None) -> Minute:
        """Readings of one row: an observation per symbol, in lane order, all of one time; `market` = row of MARKET."""
        first = observations[0]
        rows = self.panel.row(observations)
        if market is None:
            ours = self._market_rows(self.cadence.index(first.ts), 1, None)
        else:
            ours = self.market_panel.row([market])
        return next(self._published(first.ts, first.mode, rows, ours))

    def block(
        self, t0: int, observed: F8, mode: Mode, offset_ns: int = 0, market: F8 | None = None
    ) -> Iterator[Minute]:
        """Readings of consecutive rows from row number `t0` on.

        Parameters
        ----------
        observed
            `[numbers of the observation row, T, lanes]`, NaN = missing.
        market
            The same of the one lane MARKET; None = nothing is known of it.
        """
        ours = self._market_rows(t0, observed.shape[1], market)
        return self._published(t0 * self.cadence.step_ns + offset_ns, mode, self.panel.block(t0, observed), ours)

    def warm(self, t0: int, observed: F8, market: F8 | None = None) -> None:
        """Take history as `block` does, without building its readings and events."""
        rows = self.panel.block(t0, observed, self._unread)
        self._market_rows(t0, observed.shape[1], market)
        self.market.update(self._market_state, rows[self._reads])
        for e, heard in zip(self.events, self._heard, strict=True):
            e.warm(t0 * self.cadence.step_ns, rows[heard])

    def _market_rows(self, t0: int, height: int, market: F8 | None) -> F8:
        return self.market_panel.block(t0, np.full((len(NUMBERS), height, 1), np.nan) if market is None else market)

    def _published(self, ts: int, mode: Mode, rows: F8, ours: F8) -> Iterator[Minute]:
        y, lanes = self.market.update(self._market_state, rows[self._reads])
        said = self._said(ts, mode, rows)
        for t in range(rows.shape[1]):
            now = ts + t * self.cadence.step_ns
            market = Row(self.market_panel.columns, ours[:, t, 0].tolist()) if self.market_panel.scores else None
            readings = [
                self._composer.compose(symbol, now, mode, Row(self.panel.columns, values), pct, market)
                for symbol, values, pct in zip(
                    self.symbols, rows[:, t].T.tolist(), _missing_as_none(lanes[1, t]), strict=True
                )
            ]
            events = [event for source in said for event in source[t]]
            yield Minute(readings, compose_market(self.market, readings, y[:, t], lanes[0, t], market), events)

    def _said(self, ts: int, mode: Mode, rows: F8) -> list[list[list[Output]]]:
        return [e.rows(ts, mode, rows[heard]) for e, heard in zip(self.events, self._heard, strict=True)]

    def snapshot(self) -> bytes:
        """State as bytes."""
        parts = {"panel": self.panel.snapshot(), "market": pack_arrays(self._market_state)}
        parts["market_panel"] = self.market_panel.snapshot()
        return pack(self.panel.fingerprint, parts | {f"events/{e.name}": e.snapshot() for e in self.events})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        clri.model.errors.SnapshotError
            If they belong to other scores, parameters, symbols or another cadence.
        """
        parts = unpack(self.panel.fingerprint, data)
        self.panel.restore(parts["panel"])
        self.market_panel.restore(parts["market_panel"])
        unpack_into(parts["market"], self._market_state)
        for e in self.events:
            e.restore(parts[f"events/{e.name}"])


def _missing_as_none(values: F8) -> list[float | None]:
    return [None if v != v else v for v in values.tolist()]
