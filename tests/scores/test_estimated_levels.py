"""Estimated levels: against a list of cohorts, live = batch, bounds, and against a market whose positions are known."""

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.model.errors import ConfigError, InputError, SnapshotError
from clri.model.observation import NUMBERS
from clri.scores.estimated_levels import POINTS, EstimatedLevels, Params
from clri.scores.level_bins import BIN, BINS
from tests.scores.panel_data import AT, observations
from tests.scores.spearman import spearman_against

NAN = math.nan
T0 = 1_000_000


def rows(**columns) -> np.ndarray:
    """`[numbers, T, 1]` of named columns."""
    height = len(next(iter(columns.values())))
    x = np.full((len(NUMBERS), height, 1), NAN)
    for name, values in columns.items():
        x[AT[name], :, 0] = values
    return x


def walk(height: int, seed: int, step: float = 0.002) -> np.ndarray:
    """A price with its range, open interest that comes and goes, ratios with holes."""
    rng = np.random.default_rng(seed)
    price = 60_000 * np.exp(np.cumsum(rng.normal(0, step, height)))
    coins = 3e5 * np.exp(np.cumsum(rng.normal(0, 0.003, height)))
    x = rows(
        price=price,
        high=price * (1 + abs(rng.normal(0, step, height))),
        low=price * (1 - abs(rng.normal(0, step, height))),
        oi_index=coins,
        oi_base=coins * 1.1,
        long_short_ratio=np.where(rng.random(height) < 0.5, rng.lognormal(0.3, 0.3, height), NAN),
        funding_8h=np.where(rng.random(height) < 0.7, rng.normal(1e-4, 3e-4, height), NAN),
    )
    holes = rng.random(x.shape) < 0.03
    holes[AT["oi_index"], 50:60] = True
    x[holes] = NAN
    return x


class Cohorts:
    """The slow truth: every entry is kept as (side, bin, coins); nothing is ever factored out."""

    def __init__(self, params: Params) -> None:
        self.params, self.held = params, []
        self.index, self.gap = None, 0

    def _pass(self, price, high, low) -> float:
        gone, here, kept = 0.0, math.floor(math.log(price) / BIN + 1e-9), []
        for side, b, coins in self.held:
            middle = math.exp((b + 0.5) * BIN)
            if middle >= low if side == "LONG" else middle <= high:
                gone += coins
            elif abs(b - here) < BINS:
                kept.append((side, b, coins))
        self.held = kept
        return gone

    def row(self, price, high, low, index, base, lsr, f8) -> None:
        known = price == price
        gone = self._pass(price, np.nanmax([price, high]), np.nanmin([price, low])) if known else 0.0
        self.gap += 1
        if index != index:
            return
        now = base if base == base else index
        if self.index is not None:
            before = now * self.index / index
            if before < now and self.gap <= 5 and price == price:
                share = 0.5
                if lsr == lsr:
                    share = lsr / (1 + lsr)
                elif f8 == f8:
                    share = 0.5 + 0.2 * max(-1, min(1, f8 / 0.001))
                self._open((now - before) * share, (now - before) * (1 - share), price)
            elif before > now and before - gone > now:
                factor = now / (before - gone)
                self.held = [(side, b, coins * factor) for side, b, coins in self.held]
        self.index, self.gap = index, 0

    def _open(self, longs, shorts, price) -> None:
        p = self.params
        for tier, mix, margin in zip(p.tiers, p.mix, p.maintenance, strict=True):
            for point in range(POINTS):
                leverage = tier * math.exp(p.spread * ((point + 0.5) / POINTS - 0.5))
                d = max(p.least_distance, 1 / leverage - margin)
                for side, coins, level in (("LONG", longs, price * (1 - d)), ("SHORT", shorts, price * (1 + d))):
                    b = math.floor(math.log(level) / BIN + 1e-9)
                    self.held.append((side, b, coins * mix / POINTS))

    def levels(self) -> dict[float, tuple[float, float]]:
        sums = defaultdict(lambda: [0.0, 0.0])
        for side, b, coins in self.held:
            sums[b][side == "SHORT"] += coins * math.exp((b + 0.5) * BIN)
        return {math.exp((b + 0.5) * BIN): tuple(v) for b, v in sorted(sums.items()) if max(v) > 0}


@pytest.mark.parametrize(("seed", "step"), [(1, 0.002), (2, 0.01), (3, 0.05)])
def test_the_map_equals_a_list_of_cohorts(seed: int, step: float) -> None:
    x = walk(400, seed, step)
    levels, truth = EstimatedLevels(["BTC"]), Cohorts(Params())
    levels.block(x)
    names = EstimatedLevels.inputs
    for t in range(400):
        truth.row(*(x[AT[name], t, 0] for name in names))
    found = {price: (longs, shorts) for price, longs, shorts in levels.levels("BTC", 1000.0)}
    expected = truth.levels()
    assert len(expected) > 20
    assert list(found) == pytest.approx(list(expected), rel=1e-12)
    assert np.array(list(found.values())) == pytest.approx(np.array(list(expected.values())), rel=1e-9)


def test_live_rows_equal_one_block_and_a_resumed_run() -> None:
    x = np.concatenate([walk(300, 4), walk(300, 5)], axis=2)
    whole, live = EstimatedLevels(["BTC", "ETH"]), EstimatedLevels(["BTC", "ETH"])
    whole.block(x)
    for n, row in enumerate(observations(x, T0, ("BTC", "ETH"), Cadence())):
        if n == 150:
            saved, live = live.snapshot(), EstimatedLevels(["BTC", "ETH"])
            live.restore(saved)
        live.row(row)
    assert live.snapshot() == whole.snapshot()
    with pytest.raises(SnapshotError):
        EstimatedLevels(["BTC"]).restore(whole.snapshot())


@given(st.integers(0, 10_000), st.sampled_from([0.001, 0.02, 0.3]))
@settings(max_examples=25, deadline=None)
def test_the_map_never_holds_more_than_the_open_interest(seed: int, step: float) -> None:
    levels = EstimatedLevels(["BTC"])
    levels.block(walk(150, seed, step))
    held = float(levels.state["coins"].sum() * levels.state["meta"][0, 3])
    base = float(levels.state["meta"][0, 1])
    assert np.isfinite(levels.state["coins"]).all()
    assert levels.state["coins"].min() >= 0.0
    assert held <= base * (1 + 1e-9)
    price = levels.last_price("BTC")
    for at, longs, shorts in levels.levels("BTC", 100.0):
        assert min(longs, shorts) >= 0.0
        assert longs == 0.0 or at <= price * (1 + BIN)
        assert shorts == 0.0 or at >= price * (1 - BIN)


def one_entry(**last) -> EstimatedLevels:
    """1,000 coins grow by 10 at 100, then one more row."""
    base = {"price": [100.0, 100.0], "oi_index": [1000.0, 1010.0], "oi_base": [1000.0, 1010.0]}
    names = {"price", "oi_index", "oi_base", *last}
    x = rows(**{name: [*base.get(name, [NAN, NAN]), last.get(name, base.get(name, [NAN])[-1])] for name in names})
    levels = EstimatedLevels(["BTC"], params=Params(tiers=(10.0,), mix=(1.0,), maintenance=(0.01,), spread=0.0))
    levels.block(x)
    return levels


def test_one_entry_stands_where_its_margin_ends() -> None:
    found = one_entry().levels("BTC", 50.0)
    assert [(round(price, 1), round(longs), round(shorts)) for price, longs, shorts in found] == [
        (91.0, 455, 0),  # 100 * (1 - (1/10 - 1 %)), 5 coins
        (109.0, 0, 545),
    ]


@pytest.mark.parametrize(
    ("last", "longs", "shorts"),
    [
        ({"low": 91.2}, 1, 1),
        ({"low": 90.9}, 0, 1),
        ({"high": 108.9}, 1, 1),
        ({"high": 109.2}, 1, 0),
        ({"price": 80.0}, 0, 1),
        ({"price": NAN}, 1, 1),
    ],
)
def test_a_level_goes_when_the_price_passes_it(last, longs, shorts) -> None:
    found = one_entry(**last).levels("BTC", 50.0)
    assert [sum(bool(row[1]) for row in found), sum(bool(row[2]) for row in found)] == [longs, shorts]


@pytest.mark.parametrize("price", [30.0, 300.0])
def test_levels_beyond_the_reach_are_forgotten_and_leave_no_ghost(price: float) -> None:
    assert len(one_entry(price=100.0).levels("BTC", 900.0)) == 2
    assert one_entry(price=price).levels("BTC", 900.0) == []


def test_falling_open_interest_takes_the_same_part_of_all_less_what_was_forced() -> None:
    calm = one_entry(oi_index=909.0, oi_base=909.0)  # a tenth less
    before = one_entry().levels("BTC", 50.0)
    assert [row[1] + row[2] for row in calm.levels("BTC", 50.0)] == pytest.approx([0.9 * (r[1] + r[2]) for r in before])
    forced = one_entry(oi_index=1005.0, oi_base=1005.0, low=90.0)  # five coins less, all of them forced
    assert [round(row[2]) for row in forced.levels("BTC", 50.0)] == [545]


@pytest.mark.parametrize(
    ("ratio", "funding", "share"),
    [(3.0, -1e-3, 0.75), (NAN, 1e-3, 0.7), (NAN, -5e-4, 0.4), (NAN, 1.0, 0.7), (NAN, NAN, 0.5)],
)
def test_sides_follow_accounts_then_funding(ratio: float, funding: float, share: float) -> None:
    x = rows(price=[100.0] * 2, oi_index=[1e3, 1.1e3], long_short_ratio=[ratio] * 2, funding_8h=[funding] * 2)
    levels = EstimatedLevels(["BTC"])
    levels.block(x)
    coins = levels.state["coins"][0].sum(axis=1)
    assert coins[0] / coins.sum() == pytest.approx(share)
    assert coins.sum() == pytest.approx(100.0)


def test_a_venue_that_joins_opens_nothing() -> None:
    levels = EstimatedLevels(["BTC"])
    levels.block(rows(price=[100.0] * 2, oi_index=[1e3, 1e3], oi_base=[1e3, 5e3]))
    assert levels.levels("BTC", 90.0) == []
    assert levels.mapped_share("BTC") == 0.0


@pytest.mark.parametrize(("missing", "opened"), [(4, True), (5, False)])
def test_growth_over_a_gap_has_no_entry_price(missing: int, opened: bool) -> None:
    levels = EstimatedLevels(["BTC"])
    levels.block(rows(price=[100.0] * (missing + 2), oi_index=[1e3, *[NAN] * missing, 2e3]))
    assert bool(levels.levels("BTC", 90.0)) is opened


def test_levels_add_up_per_step_and_keep_to_the_span() -> None:
    levels = EstimatedLevels(["BTC"])
    levels.block(walk(300, 7))
    fine, coarse = levels.levels("BTC", 20.0), levels.levels("BTC", 20.0, step=500.0)
    assert sum(row[1] for row in fine) == pytest.approx(sum(row[1] for row in coarse))
    assert all(price % 500 == 0 for price, _, _ in coarse)
    price = levels.last_price("BTC")
    assert all(abs(at / price - 1) <= 0.2 for at, _, _ in fine)
    assert 0.0 < levels.mapped_share("BTC") <= 1.0


def test_nothing_is_known_before_the_first_price_and_of_strangers() -> None:
    levels = EstimatedLevels(["BTC"])
    assert (levels.levels("BTC", 5.0), levels.mapped_share("BTC"), levels.last_price("BTC")) == ([], None, None)
    for symbol, span in (("ETH", 5.0), ("BTC", 0.0)):
        with pytest.raises(InputError):
            levels.levels(symbol, span)


@pytest.mark.parametrize(
    "wrong", [{"mix": (1.0,)}, {"mix": (0.5,) * 6}, {"tiers": (1.0, 5.0, 10.0, 25.0, 50.0, 100.0)}]
)
def test_a_mix_that_makes_no_sense_is_refused(wrong) -> None:
    with pytest.raises(ConfigError):
        Params(**wrong)


def known_market(seed: int, height: int = 1_500):
    """A market of single positions of lognormal leverage: prices, coins per row, and what stands at its end."""
    rng = np.random.default_rng(seed)
    price, held, series, coins = 60_000.0, [], [], []
    for _ in range(height):
        price *= math.exp(rng.normal(0, 0.0012))
        for _ in range(rng.poisson(8)):
            d = max(0.0015, 1 / (math.exp(rng.normal(2.2, 0.8)) + 1.5) - 0.008)
            side = 1 if rng.random() < 0.6 else -1
            held.append((price * (1 - side * d), side, rng.lognormal(0, 1)))
        held = [h for h in held if rng.random() > 0.001 and (h[0] - price) * h[1] < 0]
        series.append(price)
        coins.append(sum(h[2] for h in held))
    return series, coins, [(at, usd * at * (side > 0), usd * at * (side < 0)) for at, side, usd in held]


def test_it_ranks_the_levels_of_a_market_whose_positions_are_known() -> None:
    series, coins, true = known_market(11)
    found = {}
    for name, mix in (("assumed", Params().mix), ("right", (0.16, 0.25, 0.32, 0.19, 0.06, 0.02))):
        levels = EstimatedLevels(["BTC"], params=Params(mix=mix))
        levels.block(rows(price=series, oi_index=coins, long_short_ratio=[1.5] * len(series)))
        found[name] = levels.levels("BTC", 15.0)
    near = spearman_against(found["assumed"], true, series[-1], span_pct=5.0)
    far = {name: spearman_against(map_, true, series[-1], span_pct=15.0) for name, map_ in found.items()}
    assert near > 0.75
    assert far["right"] > 0.6 > far["assumed"]  # far away the assumed mix decides, and is wrong here


def test_spearman_of_itself_and_of_its_mirror() -> None:
    rising = [(100.0 * (1 + k / 1000), float(k), 0.0) for k in range(1, 90)]
    falling = [(at, 100.0 - usd, 0.0) for at, usd, _ in rising]
    assert spearman_against(rising, rising, 100.0) == pytest.approx(1.0)
    assert spearman_against(rising, falling, 100.0) < spearman_against(rising, rising, 100.0)
