"""Lane scores in tests: filled at once, filled in pieces, and held to their declared ranges."""

import itertools

import numpy as np
from hypothesis import strategies as st

from clri.engine.snapshot import pack_arrays, unpack_into

NAN = float("nan")


def fill(score, x: np.ndarray, t0: int = 0) -> dict[str, np.ndarray]:
    """Outputs `[T, lanes]` by name, from a fresh state."""
    y = np.full((len(score.outputs), *x.shape[1:]), 123.0)  # buffers are used again: what is not written shows
    score.update(t0, score.state(x.shape[2]), np.ascontiguousarray(x), y)
    return {column.name: y[k] for k, column in enumerate(score.outputs)}


def assert_same_in_any_cut(make, x: np.ndarray, t0: int, cuts: list[int]) -> None:
    """Live rows, blocks and resumed blocks give the bytes of one block, outputs and state."""
    whole, state = fill_bytes(make(), x, t0, [])
    assert fill_bytes(make(), x, t0, cuts) == (whole, state)
    assert fill_bytes(make(), x, t0, list(range(1, x.shape[1]))) == (whole, state)


def fill_bytes(score, x: np.ndarray, t0: int, cuts: list[int]) -> tuple[bytes, bytes]:
    """Bytes of all outputs and of the last state; at each cut the state goes through its snapshot."""
    edges = [0, *sorted({c for c in cuts if 0 < c < x.shape[1]}), x.shape[1]]
    state = score.state(x.shape[2])
    parts = []
    for start, end in itertools.pairwise(edges):
        saved, state = pack_arrays(state), score.state(x.shape[2])
        unpack_into(saved, state)
        y = np.full((len(score.outputs), end - start, x.shape[2]), 123.0)
        score.update(t0 + start, state, np.ascontiguousarray(x[:, start:end]), y)
        parts.append(y)
    return np.concatenate(parts, axis=1).tobytes(), pack_arrays(state)


def assert_in_range(score, x: np.ndarray, t0: int = 0) -> dict[str, np.ndarray]:
    """Every output is missing, or finite and within its declared range; no cell is left unwritten."""
    found = fill(score, x, t0)
    again = np.full((len(score.outputs), *x.shape[1:]), -77.0)
    score.update(t0, score.state(x.shape[2]), np.ascontiguousarray(x), again)
    for k, column in enumerate(score.outputs):
        values = found[column.name]
        assert values.tobytes() == again[k].tobytes(), f"{column.name} left a cell unwritten"
        known = values[~np.isnan(values)]
        assert np.isfinite(known).all(), column.name
        assert column.low is None or (known >= column.low - 1e-9).all(), column.name
        assert column.high is None or (known <= column.high + 1e-9).all(), column.name
    return found


cuts = st.lists(st.integers(1, 200), max_size=4)


def panels(columns: dict[str, st.SearchStrategy], rows: int = 40, lanes: int = 1) -> st.SearchStrategy[np.ndarray]:
    """`[inputs, T, lanes]` of the given values, each cell missing now and then; constants come up too."""
    cells = [st.one_of(st.just(NAN), values) for values in columns.values()]
    row = st.tuples(*cells)
    many = st.lists(st.tuples(*[row] * lanes), min_size=1, max_size=rows)
    constant = st.tuples(st.tuples(*[row] * lanes), st.integers(1, rows)).map(lambda p: [p[0]] * p[1])
    return st.one_of(many, constant).map(lambda r: np.array(r, dtype=np.float64).transpose(2, 0, 1).copy())
