"""The vector histories of SCORES 2.3, fed through the real components."""

import numpy as np

from clri.engine.cadence import Cadence
from clri.maths.history import History
from clri.scores.clri import Clri
from clri.scores.funding import Funding
from clri.scores.imbalance import Imbalance
from clri.scores.liquidation import Liquidation
from clri.scores.open_interest import OpenInterest
from clri.scores.track import Track
from clri.scores.volume import Volume

FUNDING = [x * 1e-4 for x in (1, 1, 1, 0.8, 1.2, 0.9, 1, 1.1, 0.7, 1)]
OI_CHANGE = [-0.6, -0.3, -0.1, 0, 0.1, 0.2, 0.4, 0.5, 0.9, 1.4]
OI = [x * 1e3 for x in (280, 284, 286, 290, 292, 295, 297, 299, 301, 304)]
VOLUME = [1.10, 1.15, 1.18, 1.20, 1.22, 1.25, 1.28, 1.30, 1.35, 1.40]
LIQUIDATIONS = [x * 1e3 for x in (200, 400, 500, 800, 1000, 1300, 1600, 2200, 4000, 9000)]
N = 10


def short(track: Track) -> Track:
    """The same history with the length of the vectors as capacity and need."""
    return Track(track.key, History(cap=N, every=1, n_min=N, floor=track.history.floor))


def run(score, columns):
    """Outputs of the last row of columns given as lists."""
    x = np.array(columns, dtype=np.float64)[:, :, None]
    y = np.empty((len(score.outputs), x.shape[1], 1))
    score.update(0, score.state(1), x, y)
    return dict(zip((c.name for c in score.outputs), y[:, -1, 0].tolist(), strict=True))


def components(f8, oi_change, oi, ln_ratio, liq, oi_usd, bid, ask):
    """Every component's outputs for one row of the table of SCORES 2.3."""
    cadence = Cadence()
    ones = [1.0] * (N + 1)
    funding = Funding(cadence)
    funding.track = short(funding.track)
    interest = OpenInterest(cadence)
    interest.level, interest.change = short(interest.level), short(interest.change)
    volume = Volume(cadence)
    volume.track = short(volume.track)
    liquidation = Liquidation(cadence)
    liquidation.track = short(liquidation.track)
    return {
        **run(funding, [[*FUNDING, f8], ones]),
        **run(interest, [[*OI, oi], [*OI_CHANGE, oi_change], ones]),
        **run(volume, [[*VOLUME, ln_ratio], ones, ones]),
        **run(liquidation, [[*np.log1p([*LIQUIDATIONS, liq])], [*LIQUIDATIONS, liq], [oi_usd] * (N + 1), ones]),
        **run(Imbalance(cadence), [[bid] * (N + 1), [ask] * (N + 1), ones]),
    }


NAN = float("nan")
ROWS = {
    "A": components(1.2e-4, 0.8, 300_000, 1.30, 1.5e6, 30.0e9, 42e6, 35e6),
    "B": components(3.0e-4, 4.0, 309_000, 1.42, 4.0e6, 30.9e9, 30e6, 55e6),
    "C": components(3.0e-4, 4.0, 309_000, 1.42, 30e6, 30.9e9, 30e6, 55e6),
    "D": components(3.0e-4, 4.0, 309_000, NAN, 30e6, 30.9e9, 30e6, 55e6),
}


def composite(row):
    """Outputs of the composite for one row."""
    score = Clri(Cadence())
    return run(score, [[row[name]] for name in score.inputs])
