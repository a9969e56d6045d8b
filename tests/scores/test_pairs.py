"""Correlation, breaks, lead and lag: the vectors of SCORES 7.5, a slow truth, live = batch, gaps, names."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.model.codec import decode_output, encode
from clri.model.errors import SnapshotError
from clri.model.pair import PairReading
from clri.scores.correlation import Correlation, Params
from clri.scores.pairs import Pairs
from clri.testing.builders import pair_reading

NAN = math.nan
HOUR_NS = 3_600_000_000_000
START = 480_000


def prices(returns) -> np.ndarray:
    """Prices from log returns; the first row is the base."""
    first = np.zeros((1, len(returns[0])))
    return 100.0 * np.exp(np.cumsum(np.concatenate([first, np.array(returns, dtype=float)]), axis=0))


def pairs_of(x: np.ndarray, step_s: int = 3600, params: Params | None = None, symbols=("BTC", "ETH")) -> list:
    """What is said about each row of prices `x[T, lanes]`."""
    made = Pairs(symbols, Cadence(step_s), params)
    return made.rows(START * HOUR_NS, "live", x[None])


def last(x: np.ndarray, **kind) -> PairReading:
    return [row[0] for row in pairs_of(x, **kind) if row][-1]


def test_vector_of_the_correlation() -> None:
    returns = np.array([[0.4, -0.2, 0.1, 0.3, -0.5, 0.2], [0.5, -0.1, 0.0, 0.4, -0.6, 0.3]]).T
    found = last(prices(returns), params=Params(window=6, need=6))
    assert found.correlation == pytest.approx(0.9781, abs=5e-5)
    assert (found.n, found.normal_range, found.own_range, found.breakout) == (6, (0.7, 0.9), False, False)


def test_vector_of_the_lead() -> None:
    returns = np.array([[1, -2, 3, 0, -1, 2, 1, -3], [0, 1, -2, 3, 0, -1, 2, 1]]).T * 0.01
    score = Correlation([(0, 1, 0.7, 0.9)], Cadence(60), Params(minutes=7, need_minutes=7))
    x = prices(returns)
    y = score.update(60 * START - len(x) + 1, score.state(2), x)
    assert y[7, -1, 0] == pytest.approx(1.3143, abs=5e-5)
    assert y[8, -1, 0] == pytest.approx(3 * math.sqrt(2 / 7))
    assert np.isnan(y[:, :-1]).all(), "only full hours are written"
    swapped = score.update(60 * START - len(x) + 1, score.state(2), np.ascontiguousarray(x[:, ::-1]))
    assert swapped[7, -1, 0] == pytest.approx(-1.3143, abs=5e-5)


def test_who_leads_is_named() -> None:
    """SOL does now what ETH did a minute ago; BTC has nothing to do with them."""
    rng = np.random.default_rng(1)
    own = rng.normal(0, 1e-3, (3_000, 3))
    own[1:, 2] = 0.5 * own[:-1, 1] + own[1:, 2]
    x = 100.0 * np.exp(np.cumsum(own, axis=0))
    rows = Pairs(("BTC", "ETH", "SOL"), Cadence(60)).rows(START * HOUR_NS, "live", x[None])
    newest = {found.pair: found for found in [row for row in rows if row][-1]}
    assert list(newest) == ["BTC/ETH", "ETH/SOL", "BTC/SOL"]
    assert (newest["ETH/SOL"].lead, newest["ETH/SOL"].lead_asset) == ("LEADER", "ETH")
    assert (newest["BTC/ETH"].lead, newest["BTC/ETH"].lead_asset) == ("NONE", None)
    assert newest["ETH/SOL"].lead_n == 1_440
    back = np.ascontiguousarray(x[:, [0, 2, 1]])
    found = {
        f.pair: f for f in Pairs(("BTC", "ETH", "SOL"), Cadence(60)).rows(START * HOUR_NS, "live", back[None])[-60]
    }
    assert (found["ETH/SOL"].lead, found["ETH/SOL"].lead_asset) == ("FOLLOWER", "SOL")


def truth(x: np.ndarray, p: Params) -> list[dict]:
    """Every hour again from the whole past."""
    with np.errstate(invalid="ignore"):
        a, b = np.diff(np.log(x), axis=0, prepend=NAN).T
    past: list[float] = []
    out = []
    seed = own = False
    for t in range(len(x)):
        start = max(0, t - p.window + 1)
        both = ~np.isnan(a[start : t + 1]) & ~np.isnan(b[start : t + 1])
        c = np.corrcoef(a[start : t + 1][both], b[start : t + 1][both])[0, 1] if both.sum() >= p.need else NAN
        kept = np.array(past[-24 * p.days :])
        kept = kept[~np.isnan(kept)]
        warm = len(kept) >= 24 * p.need_days
        q1, q5, q95 = np.quantile(kept, [p.enter, p.leave, p.high]) if warm else (NAN, 0.7, 0.9)
        if c == c:
            seed = not c > p.seed_leave if seed else c < p.seed_enter
            own = (not c > q5 if own else c < q1) if warm else own
        change = c - past[t - p.window] if t >= p.window else NAN
        rule = "SEED" if seed else "OWN_QUANTILE" if own else None
        out.append({"correlation": c, "change": change, "range": (q5, q95), "rule": rule, "own": warm})
        past.append(c)
    return out


def changing(rows: int, seed: int) -> np.ndarray:
    """Two assets whose common part comes and goes, now and then with the sign turned."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.01, rows)
    beta = np.clip(1.2 * np.cos(np.arange(rows) / 60.0) + 0.9, -1.0, 1.5)
    returns = np.stack([common, beta * common], axis=1) + rng.normal(0, 0.006, (rows, 2))
    x = 100.0 * np.exp(np.cumsum(returns, axis=0))
    x[rng.random(x.shape) < 0.02] = NAN
    return x


def test_slow_truth() -> None:
    p = Params(days=20, need_days=5)
    x = changing(1_500, 3)
    rules: dict[str | None, int] = {}
    for row, wanted in zip(pairs_of(x, params=p), truth(x, p), strict=True):
        (found,) = row
        c, change = wanted["correlation"], wanted["change"]
        assert (found.correlation or NAN) == pytest.approx(c, nan_ok=True, abs=1e-9)
        assert (found.correlation_change or NAN) == pytest.approx(change, nan_ok=True, abs=1e-9)
        assert found.normal_range == pytest.approx(wanted["range"], abs=1e-9)
        assert (found.rule, found.own_range) == (wanted["rule"], wanted["own"])
        assert found.breakout is (None if c != c else wanted["rule"] is not None)
        assert found.divergence_strength == (pytest.approx(abs(c)) if found.breakout else None)
        level = None if change != change or abs(change) <= 0.2 else "HIGH" if abs(change) > 0.3 else "MEDIUM"
        assert found.change_level == level
        rules[found.rule] = rules.get(found.rule, 0) + 1
    assert min(rules[None], rules["SEED"], rules["OWN_QUANTILE"]) > 10


def test_a_missing_correlation_neither_begins_nor_ends_a_break() -> None:
    x = changing(1_500, 3)
    broken = next(t for t, row in enumerate(pairs_of(x)) if row[0].rule == "SEED")
    x[broken + 1 :, 1] = NAN
    rows = [row[0] for row in pairs_of(x)][broken:]
    assert rows[-1].correlation is None
    assert rows[-1].breakout is None
    assert rows[-1].rule == "SEED"


def test_minute_rows_speak_at_full_hours_only() -> None:
    rng = np.random.default_rng(2)
    x = 100.0 * np.exp(np.cumsum(rng.normal(0, 1e-3, (1_700, 2)), axis=0))
    rows = pairs_of(x, step_s=60)
    assert [t for t, row in enumerate(rows) if row] == list(range(0, 1_700, 60))
    hourly = pairs_of(np.ascontiguousarray(x[::60]))
    for t, row in enumerate(hourly):
        assert row[0].correlation == rows[60 * t][0].correlation
    assert rows[1_680][0].correlation is not None
    assert all(row[0].lead is None for row in hourly), "lead and lag need minutes"


@pytest.mark.parametrize(("age", "there"), [(5, True), (6, False)])
def test_the_price_of_an_hour_may_be_five_minutes_older(age: int, there: bool) -> None:
    rng = np.random.default_rng(3)
    x = 100.0 * np.exp(np.cumsum(rng.normal(0, 1e-3, (21 * 60 + 1, 2)), axis=0))
    x[-age:, 0] = NAN
    assert last(x, step_s=60, params=Params(need=21)).n == (21 if there else 20)


@pytest.mark.parametrize(
    ("symbols", "names"),
    [
        (("XRP", "SOL", "BTC"), ["BTC/SOL"]),
        (("SOL", "ETH", "BTC"), ["BTC/ETH", "ETH/SOL", "BTC/SOL"]),
        (("BTC", "DOGE"), []),
    ],
)
def test_pairs_of_what_is_tracked(symbols, names) -> None:
    rows = pairs_of(np.full((2, len(symbols)), 5.0), symbols=symbols)
    assert [[found.pair for found in row] for row in rows] == [names, names]


def lines(rows) -> list[bytes]:
    return [encode(found) for row in rows for found in row]


@given(st.lists(st.integers(1, 1_399), max_size=5), st.booleans(), st.integers(0, 70))
@settings(max_examples=10)
def test_live_batch_and_resumed_say_the_same(cuts: list[int], resume: bool, offset: int) -> None:
    rng = np.random.default_rng(offset)
    x = 100.0 * np.exp(np.cumsum(rng.normal(0, 1e-3, (1_400, 3)), axis=0))
    x[rng.random(x.shape) < 0.05] = NAN
    symbols, cadence, params = ("ETH", "BTC", "SOL"), Cadence(60), Params(minutes=50, need_minutes=40, need=3)
    start = START * HOUR_NS + offset * cadence.step_ns
    whole_pairs = Pairs(symbols, cadence, params)
    whole = lines(whole_pairs.rows(start, "live", x[None]))
    for edges in (cuts, range(1, 1_400)):
        made, parts = Pairs(symbols, cadence, params), []
        for a, b in itertools.pairwise([0, *sorted(set(edges)), 1_400]):
            if resume and len(cuts) + 2 > len(parts):
                saved, made = made.snapshot(), Pairs(symbols, cadence, params)
                made.restore(saved)
            parts += lines(made.rows(start + a * cadence.step_ns, "live", x[None, a:b]))
        assert parts == whole
        assert made.snapshot() == whole_pairs.snapshot()


def test_a_gap_equals_rows_of_missing_input() -> None:
    x = changing(800, 5)
    x[300:420] = NAN
    cadence = Cadence(3600)
    fed, skipped = Pairs(("BTC", "ETH"), cadence), Pairs(("BTC", "ETH"), cadence)
    whole = fed.rows(START * HOUR_NS, "live", x[None])
    first = skipped.rows(START * HOUR_NS, "live", x[None, :300])
    rest = skipped.rows((START + 420) * HOUR_NS, "live", x[None, 420:])
    assert first + rest == whole[:300] + whole[420:]
    assert fed.snapshot() == skipped.snapshot()


def test_state_of_other_pairs_is_refused() -> None:
    with pytest.raises(SnapshotError):
        Pairs(("BTC", "ETH"), Cadence(60)).restore(Pairs(("BTC", "SOL"), Cadence(60)).snapshot())


cell = st.one_of(st.just(NAN), st.floats(1e-15, 1e12), st.sampled_from([1.0, 1.0, 60_000.0, 1e-300]))


@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=60), st.sampled_from([60, 3600, 14_400, 86_400]))
@settings(max_examples=60)
def test_any_price_gives_finite_numbers_in_range(rows, step_s: int) -> None:
    score = Correlation([(0, 1, 0.7, 0.9)], Cadence(step_s), Params(need=2, need_minutes=2, days=2, need_days=1))
    y = score.update(0, score.state(2), np.array(rows))
    for at, column in enumerate(score.outputs):
        values = y[at][~np.isnan(y[at])]
        assert np.isfinite(values).all(), column.name
        assert column.low is None or (values >= column.low).all(), column.name
        assert column.high is None or (values <= column.high).all(), column.name


def test_it_is_an_output_like_the_others() -> None:
    assert decode_output(encode(pair_reading())) == pair_reading()
