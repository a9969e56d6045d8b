"""One exact 30-day history against pandas' median and rank of the same input (T5).

Ours: robust z and mid-rank at all five minutes of every 5-minute sample, each against the 8,640 samples before it;
minute rows in, exact MAD included. Theirs: `rolling(8640).median()` and `rolling(8640).rank()` of the 5-minute samples
only; pandas has no rolling MAD, so it does less. Five years of one symbol; `--quick`: half a year.

Before timing: the rank of every sample equals pandas' (whose window holds the current value, ours does not), and z at
500 places equals that of numpy's median and MAD.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.harness import ROUNDS, Line, Work, per, take_turns
from benchmarks.minute_tier import ROWS, Minutes
from clri.maths.history import History, roll

CAP = 8_640
EVERY = 5
SAMPLES = ROWS // EVERY
FLOOR = 1e-4
HISTORY = History(cap=CAP, every=EVERY, n_min=CAP, floor=FLOOR)


def run(*, quick: bool) -> Iterator[Line]:
    import pandas as pd

    samples = SAMPLES // 10 if quick else SAMPLES
    minutes = Minutes(7)
    x = np.concatenate([minutes.path("x", min(8_640, samples * EVERY - at), 1.0, 600.0)[:, :1]
                        for at in range(0, samples * EVERY, 8_640)])  # fmt: skip
    series = pd.Series(x[::EVERY, 0].copy())
    z, rank = np.empty_like(x), np.empty_like(x)

    def ours() -> Work:
        state = HISTORY.allocate(lanes=1)
        return lambda: roll(*state, 0, x, z, rank, None, CAP, FLOOR, EVERY)

    def theirs() -> Work:
        return lambda: (series.rolling(CAP).median(), series.rolling(CAP).rank())

    ours()()
    check(x, z, rank)
    timing = take_turns({"ours": ours, "pandas": theirs}, 2 if quick else ROUNDS)
    yield Line(
        "exact_history.30d",
        timing.ratio("ours", "pandas"),
        1.0,
        {"ns_per_sample": per(timing.seconds("ours"), samples), "stretch_ratio": 2.0},
        {"ns_per_sample": per(timing.seconds("pandas"), samples)},
        timing.noise("ours", "pandas"),
        ("pandas",),
    )


def check(x: np.ndarray, z: np.ndarray, rank: np.ndarray) -> None:
    """Compare with pandas and numpy."""
    import pandas as pd

    grid = x[::EVERY, 0]
    found = rank[::EVERY, 0]
    theirs = (pd.Series(grid).rolling(CAP + 1).rank().to_numpy() - 1.0) / CAP * 100.0
    known = np.isfinite(theirs)
    assert known.sum() > CAP, "too few samples to compare"
    assert np.allclose(found[known], theirs[known], rtol=0.0, atol=1e-9), "ranks differ from pandas"
    medians = pd.Series(grid).rolling(CAP).median().to_numpy()
    for at in np.random.default_rng(1).integers(CAP * EVERY, len(x), 500):
        newest = (at - 1) // EVERY  # the newest sample before the row
        window = grid[newest - CAP + 1 : newest + 1]
        center = np.median(window)
        assert center == medians[newest], f"median differs from pandas at row {at}"
        scale = max(FLOOR, 1.4826 * np.median(np.abs(window - center)))
        assert z[at, 0] == (x[at, 0] - center) / scale, f"z differs at row {at}"
