"""Inputs of the kernel tests: a generator whose bits depend on no library, and one run of every kernel."""

import hashlib
import json
import math

import numpy as np

from clri.maths import asof, correlation, ewma, history, log, moments, order, quantile, scale, sums

H = [1.0, 2.0, 2.0, 3.0, 5.0, 8.0, 9.0, 12.0, 20.0, 40.0]


def series(count, seed, *, missing=0.0, tied=False):
    """Values in about -3..3 from a linear congruential generator; some NaN, or many equal values."""
    state, values = seed, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        share = (state >> 11) / 2**53
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        value = ((state >> 11) / 2**53 - 0.5) * 6.0
        value = float(round(value)) + 0.0 if tied else value * abs(value)
        values.append(math.nan if share < missing else value)
    return values


def panel(rows, lanes, seed, **kinds):
    """Panel ``f64[rows, lanes]`` of independent series."""
    return np.ascontiguousarray(np.array([series(rows, seed + lane, **kinds) for lane in range(lanes)]).T)


def digest(*arrays):
    """Hash of the bytes of all arrays."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def run_all():
    """Hash of states and outputs of every kernel over the same short panels."""
    rows, lanes, t0 = 260, 3, 17
    smooth = panel(rows, lanes, 1, missing=0.1)
    tied = panel(rows, lanes, 2, missing=0.2, tied=True)
    out = [np.full((rows, lanes), -1.0) for _ in range(3)]
    found = {}
    for name, x in (("smooth", smooth), ("tied", tied)):
        shape = history.History(cap=31, every=3, n_min=5, floor=0.1)
        state = shape.allocate(lanes)
        history.roll(*state, t0, x, *out, shape.n_min, shape.floor, shape.every)
        found[f"history.{name}"] = digest(*state, *out)
        state = shape.allocate(lanes)
        quantile.roll_quantile(*state, t0, x, out[0], 0.9, 5, 2)
        found[f"quantile.{name}"] = digest(*state, out[0])
        state = moments.allocate(lanes, 24)
        moments.roll(*state, t0, x, *out, 3, 1)
        found[f"moments.{name}"] = digest(*state, *out)
        state = correlation.allocate(lanes, 24)
        correlation.roll(*state, t0, x, smooth[::-1].copy(), out[0], out[1], 4)
        found[f"correlation.{name}"] = digest(*state, *out[:2])
        state = sums.allocate(lanes, 20)
        sums.roll(*state, t0, x * 1e12, out[0], out[1])
        found[f"sums.{name}"] = digest(*state, *out[:2])
        ring = asof.allocate(lanes, 12, 3)
        asof.roll(ring, t0, x, out[0], 12, 3)
        found[f"asof.{name}"] = digest(ring, out[0])
    values = [v * 10.0**power for power in (-200, -3, 0, 2) for v in series(300, 5, missing=0.05)]
    values += [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.0, 64.5, -57.5]
    ring, slots, n = history.filled(H)
    knots, points = np.array([0.0, 14.0, 20.0]), np.array([0.0, 25.0, 45.0])
    plain = {
        "ln": log.ln,
        "exp": log.exp,
        "rank": lambda v: order.rank(ring, slots, n, v),
        "interpolate": lambda v: scale.interpolate(v, knots, points),
        "squash": scale.squash,
        "round_half_up": scale.round_half_up,
        "round_half_away": scale.round_half_away,
        "ewma": lambda v: ewma.blend(40.0, v, 10.0, 60.0),
    }
    for name, f in plain.items():
        found[name] = digest(np.array([f(v) for v in values], dtype=np.float64))
    found["micro"] = digest(np.array([sums.micro_or_missing(v) for v in values], dtype=np.int64))
    return found


if __name__ == "__main__":
    print(json.dumps(run_all()))  # noqa: T201 - read by test_bytes
