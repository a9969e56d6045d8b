"""The composite score with its contributions, per row, against ONE rolling z-score (T5).

Ours: the compiled kernel of `clri.scores.clri` in blocks: regime, weights, five effective weights, five contributions,
scale. Theirs: river, a z-score over the last 8,640 values, value by value: `preprocessing.StandardScaler`, river's
z-score, for which the target was set. Shown only: `stats.Var` under `utils.Rolling` with the mean that it keeps, the
cheapest that can be built from river's parts; pandas, one vectorised rolling z-score; and our whole score, with its
rank in a full 30-day history.

The contenders compute different things, which is the point; so each is compared with its own truth: the kernel with
itself interpreted (equal bytes), river and pandas with each other.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.harness import ROUNDS, Line, Work, per, take_turns
from clri.engine.cadence import Cadence
from clri.scores.clri import Clri, Params, _clri

WINDOW = 8_640
LANES = 8
HEIGHT = 8_192
FILLING = 6
"""Blocks that fill the history of 43,200 rows."""
VALUES = 20_000


def inputs(rows: int = HEIGHT) -> np.ndarray:
    """Scores, evidence and z of the composite, one in twenty components missing."""
    rng = np.random.default_rng(2)
    x = np.empty((len(Clri.inputs), rows, LANES))
    x[:5] = rng.uniform(0.0, 100.0, (5, rows, LANES))
    x[5:10] = rng.uniform(0.5, 1.0, (5, rows, LANES))
    x[10:] = rng.standard_normal((3, rows, LANES)) * 1.5
    gone = rng.random((5, rows, LANES)) < 0.05
    x[:5][gone], x[5:10][gone] = np.nan, 0.0
    return x


def run(*, quick: bool) -> Iterator[Line]:
    x = inputs()
    y = np.empty((len(Clri.outputs), HEIGHT, LANES))
    values = np.random.default_rng(4).standard_normal(WINDOW + VALUES)
    kernel = check(values)

    def whole() -> Work:
        score = Clri(Cadence())
        state = score.state(LANES)
        for block in range(FILLING):
            score.update(block * HEIGHT, state, x, y)
        return partial(score.update, FILLING * HEIGHT, state, x, y)

    def pandas() -> Work:
        import pandas as pd

        series = pd.Series(np.tile(values, 10))
        return lambda: _pandas_z(series)

    contenders = {
        "kernel": lambda: partial(kernel, x, y),
        "rolling_var": lambda: partial(_rolling_var, values),
        "standard_scaler": lambda: partial(_standard_scaler, values),
        "pandas": pandas,
        "whole": whole,
    }
    timing = take_turns(contenders, 2 if quick else ROUNDS)
    counts = {"kernel": HEIGHT * LANES, "whole": HEIGHT * LANES, "pandas": 10 * len(values)}
    for name, ours, theirs, target, peers in (
        ("kernel_vs_river_scaler", "kernel", "standard_scaler", 20.0, ("river",)),
        ("kernel_vs_river_var", "kernel", "rolling_var", None, ("river",)),
        ("kernel_vs_pandas", "kernel", "pandas", None, ("pandas",)),
        ("with_30d_rank_vs_river_scaler", "whole", "standard_scaler", None, ("river",)),
    ):
        mine = per(timing.seconds(ours), counts[ours])
        other = per(timing.seconds(theirs), counts.get(theirs, len(values)))
        factor = counts[ours] / counts.get(theirs, len(values))
        noise = timing.noise(ours, theirs)
        noise["wall_ratio"] *= factor
        ratio = timing.ratio(ours, theirs) * factor
        row = ({"ns_per_row": mine}, {"ns_per_row": other})
        yield Line(f"composite_vs_river.{name}", ratio, target, *row, noise, peers)


def check(values: np.ndarray):
    """The compiled kernel, bound to the default parameters; every contender compared with its truth."""
    p = Params()
    weights = np.array([p.weights, p.cascade_weights, p.funding_weights, p.oi_weights])
    edges = np.array([[p.z_liquidation, p.from_liquidation], [p.z_funding, p.from_funding], [p.z_oi, p.from_oi]])
    xs, ys = (np.array(column) for column in zip(*p.scale, strict=True))
    kernel = partial(_clri, weights, edges, xs, ys, p.unknown_below)
    x = inputs(300)
    compiled, interpreted = (np.zeros((len(Clri.outputs), 300, LANES)) for _ in range(2))
    kernel(x, compiled)
    _clri.py_func(weights, edges, xs, ys, p.unknown_below, x, interpreted)
    assert compiled.tobytes() == interpreted.tobytes(), "compiled and interpreted composite differ"
    import pandas as pd

    truth = _pandas_z(pd.Series(values)).to_numpy()[WINDOW:]
    for found in (_rolling_var(values), _standard_scaler(values)):
        assert np.allclose(found[WINDOW:], truth, atol=1e-9), "river and pandas differ"
    return kernel


def _rolling_var(values: np.ndarray) -> list[float]:
    from river import stats, utils

    rolling = utils.Rolling(stats.Var, window_size=WINDOW, ddof=0)
    var, update = rolling.obj, rolling.update
    mean = var.mean
    found = []
    for value in values.tolist():
        update(value)
        spread = var.get()
        found.append((value - mean.get()) / spread**0.5 if spread else 0.0)
    return found


def _standard_scaler(values: np.ndarray) -> list[float]:
    from river import preprocessing

    scaler = preprocessing.StandardScaler(window_size=WINDOW)
    found = []
    for value in values.tolist():
        row = {"x": value}
        scaler.learn_one(row)
        found.append(scaler.transform_one(row)["x"])
    return found


def _pandas_z(series):
    rolling = series.rolling(WINDOW)
    return (series - rolling.mean()) / rolling.std(ddof=0)
