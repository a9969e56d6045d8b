"""A score driven over columns in any cut, as live, batch and resumed runs do."""

import itertools

import numpy as np

from clri.engine.snapshot import pack_arrays, unpack_into


def drive(score, x: np.ndarray, t0: int, cuts=(), *, resume: bool = False) -> tuple[np.ndarray, bytes]:
    """`y[outputs, T, lanes]` and the state's bytes; `cuts` = where blocks end, `resume` = through snapshots."""
    lanes, rows = x.shape[2], x.shape[1]
    state = score.state(lanes)
    y = np.full((len(score.outputs), rows, lanes), 123.0)
    for start, end in itertools.pairwise([0, *sorted(set(cuts)), rows]):
        if resume:
            saved, state = pack_arrays(state), score.state(lanes)
            unpack_into(saved, state)
        part = np.full((len(score.outputs), end - start, lanes), 123.0)
        score.update(t0 + start, state, np.ascontiguousarray(x[:, start:end]), part)
        y[:, start:end] = part
    return y, pack_arrays(state)


def by_name(score, y: np.ndarray, lane: int = 0) -> dict[str, np.ndarray]:
    """Outputs of one lane by name."""
    return {column.name: y[at, :, lane] for at, column in enumerate(score.outputs)}


def assert_cut_changes_nothing(score, x: np.ndarray, t0: int, cuts) -> None:
    """One block, given cuts, the same through snapshots, and row by row: equal bytes of outputs and state."""
    whole = drive(score, x, t0)
    for edges, resume in ((cuts, False), (cuts, True), (range(1, x.shape[1]), False)):
        y, state = drive(score, x, t0, edges, resume=resume)
        assert y.tobytes() == whole[0].tobytes()
        assert state == whole[1]


def assert_in_range(score, y: np.ndarray) -> None:
    """Every number is finite and inside its declared range; the rest is missing."""
    for at, column in enumerate(score.outputs):
        values = y[at][~np.isnan(y[at])]
        assert np.isfinite(values).all(), column.name
        assert column.low is None or (values >= column.low).all(), column.name
        assert column.high is None or (values <= column.high).all(), column.name
