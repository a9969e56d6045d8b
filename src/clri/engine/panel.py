"""The minute tier: observation rows through all scores, one live row or a block of history by the same call."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np

from clri.engine.cadence import DAY_S, Cadence
from clri.engine.score import F8, Learner, Score
from clri.engine.snapshot import pack, pack_arrays, unpack, unpack_into
from clri.engine.topology import in_order
from clri.model.errors import InputError
from clri.model.observation import NUMBERS, Observation

BLOCK: Final = 8_192
LONGEST_S: Final = 366 * DAY_S
"""Longer than the longest history of a score: so many missing rows empty all of them."""


class ScorePanel:
    """Scores over symbols, with their state.

    Rows are numbered by absolute time (`Cadence.index`); none is skipped: after an outage the missing rows are fed
    as missing input, so that place in every history stays a matter of time alone.

    Parameters
    ----------
    scores
        Scores built for `cadence`, in listed order.
    symbols
        One lane each, in order.
    cadence
        Row spacing.
    """

    def __init__(self, scores: Sequence[Score], symbols: Sequence[str], cadence: Cadence) -> None:
        self.scores = in_order(scores, NUMBERS)
        self.symbols = tuple(symbols)
        self.cadence = cadence
        self.columns = {name: at for at, name in enumerate(NUMBERS)}
        for score in self.scores:
            for column in score.outputs:
                self.columns[column.name] = len(self.columns)
        self.states = [score.state(len(self.symbols)) for score in self.scores]
        self.next: int | None = None
        self._rows = np.full((len(self.columns), 1, len(self.symbols)), np.nan)
        self._reads = [np.array([self.columns[name] for name in score.inputs], dtype=np.intp) for score in self.scores]
        self._writes = [self._span(score) for score in self.scores]
        self._silent: frozenset[str] = frozenset()
        self._unheard = self.unread(())

    def _span(self, score: Score) -> slice:
        start = self.columns[score.outputs[0].name]
        return slice(start, start + len(score.outputs))

    def row(self, observations: Sequence[Observation]) -> F8:
        """Score one row: an observation per symbol, in lane order, all of one time.

        Returns
        -------
        array
            `[columns, 1, lanes]`, valid until the next call.
        """
        matrix = np.array([[getattr(o, name) for o in observations] for name in NUMBERS], dtype=np.float64)
        return self.block(self.cadence.index(observations[0].ts), matrix[:, np.newaxis, :])

    def unread(self, wanted: Iterable[str]) -> frozenset[str]:
        """Names of the scores that may only learn, where nobody outside reads other columns than `wanted`."""
        read = set(wanted).union(*(score.inputs for score in self.scores))
        return frozenset(
            score.name
            for score in self.scores
            if isinstance(score, Learner) and read.isdisjoint(column.name for column in score.outputs)
        )

    def block(self, t0: int, observed: F8, silent: frozenset[str] = frozenset()) -> F8:
        """Score consecutive rows from number `t0` on.

        Parameters
        ----------
        observed
            `[numbers of the observation row, T, lanes]`, NaN = missing.
        silent
            Scores of `unread` that only learn: their columns are missing, their state is the same.

        Returns
        -------
        array
            All columns `[columns, T, lanes]`; the buffer is reused by the next call of the same height.

        Raises
        ------
        InputError
            If `t0` is before the next expected row.
        """
        self._catch_up(t0)
        return self._score(t0, observed, silent)

    def _score(self, t0: int, observed: F8, silent: frozenset[str]) -> F8:
        height = observed.shape[1]
        if self._rows.shape[1] != height or self._silent != silent:
            self._rows = np.full((len(self.columns), height, len(self.symbols)), np.nan)
            self._silent = silent
        rows = self._rows
        rows[: len(NUMBERS)] = observed
        for score, state, reads, writes in zip(self.scores, self.states, self._reads, self._writes, strict=True):
            if score.name in silent and isinstance(score, Learner):
                score.learn(t0, state, rows[reads])
            else:
                score.update(t0, state, rows[reads], rows[writes])
        self.next = t0 + height
        return rows

    def _catch_up(self, t0: int) -> None:
        if self.next is None:
            return
        if t0 < self.next:
            raise InputError(f"row {t0} comes again; expected row {self.next} or later", code="CLRI-DATA-011")
        start = max(self.next, t0 - self.cadence.rows(LONGEST_S))
        while start < t0:
            height = min(t0 - start, BLOCK)
            self._score(start, np.full((len(NUMBERS), height, len(self.symbols)), np.nan), self._unheard)
            start += height

    @property
    def fingerprint(self) -> str:
        """Names what the state belongs to: scores, their parameters, symbols and cadence."""
        text = repr(([(s.name, getattr(s, "params", None)) for s in self.scores], self.symbols, self.cadence))
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def snapshot(self) -> bytes:
        """State as bytes."""
        parts = {s.name: pack_arrays(state) for s, state in zip(self.scores, self.states, strict=True)}
        parts["next"] = b"" if self.next is None else str(self.next).encode()
        return pack(self.fingerprint, parts)

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        clri.model.errors.SnapshotError
            If they belong to other scores, parameters, symbols or another cadence.
        """
        parts = unpack(self.fingerprint, data)
        for score, state in zip(self.scores, self.states, strict=True):
            unpack_into(parts[score.name], state)
        self.next = int(parts["next"]) if parts["next"] else None
