"""The model: coins are conserved, the same seed gives the same bytes, and what it does looks like a market."""

import numpy as np
import pytest

from clri.collect.simulate.coins import COINS, PLACES, TIERS
from clri.collect.simulate.market.output import ASKS, BIDS, MARK, PERP, RATE, RATIO, SPOT, rate_of
from clri.collect.simulate.market.output import COINS as HELD
from clri.collect.simulate.market.params import make_params
from clri.collect.simulate.market.start import make_ladder
from clri.collect.simulate.market.state import FORCED, OPENED, K, S, V, fork, unbalanced
from tests.collect.simulate.runs import BEGIN, digest, market, whole

DAYS = 30


def usd_of(found) -> np.ndarray:
    return found.orders[:, 5] * make_params().lot[found.orders[:, 1]] * found.prices[:, 0]


# ---------------------------------------------------------------- exactness
def test_coins_are_conserved_to_the_last_digits() -> None:
    made = market(3)
    for steps, span in ((2880, 60), (3600, 1)):
        found = made.go(steps, span)
        state = made.state
        assert unbalanced(state) < 1e-12
        bins = (state.mass * state.scale[..., np.newaxis]).sum(axis=4)
        np.testing.assert_allclose(bins, state.held, rtol=1e-9, atol=1e-9 * state.held.max())
        assert (state.mass >= 0.0).all()
        assert (state.queue >= 0.0).all()
        open_interest = bins.sum(axis=(1, 2, 3)) + state.queue.sum(axis=(1, 2, 3))
        np.testing.assert_allclose(found.told[HELD, -1].sum(axis=0), open_interest, rtol=1e-9)
    crash, _ = whole("oct10")
    assert unbalanced(crash._market.state) < 1e-12


def test_what_the_engines_closed_is_what_the_orders_say() -> None:
    made = market(4)
    before = made.state.ledger[:, FORCED].copy()
    found = made.go(1440, 60)
    coins = found.orders[:, 5] * made.params.lot[found.orders[:, 1]]
    closed = np.bincount(found.orders[:, 1], coins, S)
    np.testing.assert_allclose(made.state.ledger[:, FORCED] - before, closed, rtol=1e-9)
    assert (made.state.ledger[:, OPENED] > closed).all()


def test_an_unbalanced_book_would_be_seen() -> None:
    made = market(3)
    broken = fork(made.state)
    broken.held[0, 0, 0, 0] *= 2.0  # a sum that bins do not know
    broken.mass[0, 0, 0, 0] *= 1.001
    assert unbalanced(broken) > 1e-5
    assert unbalanced(made.state) < 1e-12


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert digest(market(7).go(600, 60)) == digest(market(7).go(600, 60))
    assert digest(market(7).go(600, 60)) != digest(market(8).go(600, 60))


@pytest.mark.parametrize("span", [1, 60])
def test_pieces_give_what_the_whole_gives(span: int) -> None:
    one = market(7)
    pieces = [one.go(steps, span) for steps in (1, 7, 100, 492)]
    for part in ("spot", "inner", "orders", "prices"):
        joined = np.concatenate([getattr(piece, part) for piece in pieces])
        np.testing.assert_array_equal(joined, getattr(whole_of(span), part))
    told = np.concatenate([piece.told for piece in pieces], axis=1)
    np.testing.assert_array_equal(told, whole_of(span).told)
    assert [piece.first for piece in pieces] == [0, *np.cumsum([len(piece.orders) for piece in pieces])[:-1]]


def whole_of(span: int):
    return market(7).go(600, span)


def test_a_fork_goes_the_same_way_and_leaves_the_first_alone() -> None:
    made = market(9)
    other = made.fork()
    found = digest(other.go(300, 60))
    assert digest(made.go(300, 60)) == found
    assert digest(market(9).go(300, 60)) == found


# ---------------------------------------------------------------- bounds
@pytest.mark.parametrize("seed", range(200, 230))
def test_thirty_seeds_stay_sane(seed: int) -> None:
    found = market(seed).go(1440, 60)
    for values in (found.spot, found.told, found.inner, found.prices):
        assert np.isfinite(values).all()
    over_origin = found.spot / make_params().price
    assert over_origin.min() > 0.2
    assert over_origin.max() < 5.0
    for field in (MARK, HELD, BIDS, ASKS, PERP, SPOT, RATIO):
        assert (found.told[field] > 0.0).all()
    assert np.abs(found.told[RATE]).max() <= 30e-4
    assert (np.diff(found.orders[:, 0]) >= 0).all()
    assert (found.orders[:, 5] >= 1).all()
    assert (found.prices > 0.0).all()


def test_orders_lie_within_the_run_and_near_the_mark() -> None:
    found = market(11).go(1440, 60)
    at, coin, place, side, tier, _ = found.orders.T
    assert (at >= BEGIN * 10**9).all()
    assert (at < (BEGIN + 1440 * 60) * 10**9).all()
    assert (coin.max(), place.max(), side.max(), tier.max()) == (S - 1, V - 1, 1, K)
    row = (at // 10**9 - BEGIN) // 60
    ratio = found.prices[:, 0] / found.told[MARK, row, place, coin]
    assert (np.abs(ratio - 1.0) < 0.05).all()
    own = tier < K
    fill, broke = found.prices[own].T
    longs = side[own] == 0
    # A long's bankruptcy price lies below its liquidation price, a short's above; fills are near the latter.
    assert np.median((broke / fill)[longs]) < 1.0 < np.median((broke / fill)[~longs])


@pytest.mark.parametrize(
    ("mean_bp", "rate_bp"),
    [(1.0, 1.0), (5.5, 1.0), (6.5, 1.5), (-3.9, 1.0), (-4.5, 0.5), (60.0, 30.0), (-60.0, -30.0)],
)
def test_funding_rests_on_one_basis_point_within_five_of_it(mean_bp: float, rate_bp: float) -> None:
    assert rate_of(mean_bp * 1e-4) * 1e4 == pytest.approx(rate_bp)


def test_liquidation_prices_are_those_of_the_leverage() -> None:
    ladder = make_ladder(make_params())
    for tier, found in enumerate(TIERS):
        near, far = np.exp(ladder[0, tier, [-1, 0]])
        leverage = found.times * np.exp(0.8 * np.array([63.5 / 64 - 0.5, 0.5 / 64 - 0.5]))
        distance = np.maximum(0.0015, 1.0 / leverage - found.margin)
        np.testing.assert_allclose([near, far], 1.0 - distance)
        np.testing.assert_allclose(np.exp(ladder[1, tier, [-1, 0]]), 1.0 + distance)


def test_tables_are_shares() -> None:
    assert sum(tier.share for tier in TIERS) == pytest.approx(1.0)
    for name in ("oi", "depth", "spot"):
        assert sum(getattr(place, name) for place in PLACES) == pytest.approx(1.0)
    assert len(COINS) == S


# ---------------------------------------------------------------- stylised facts (SIMULATION 7, wide bands)
@pytest.fixture(scope="module", params=[101, 105, 107])
def month(request):
    return market(request.param, 7).go(DAYS * 1440, 60)


def test_a_month_looks_like_a_market(month) -> None:
    btc = month.spot[:, 0]
    moves = np.diff(np.log(btc))
    daily = np.sqrt((moves[: DAYS * 1440 - DAYS].reshape(DAYS, -1) ** 2).sum(axis=1)) * 100.0
    assert 1.2 < np.median(daily) < 3.2
    five = np.abs(np.diff(np.log(btc[::5])))
    memory = [np.corrcoef(five[lag:], five[:-lag])[0, 1] for lag in (1, 12, 72)]
    assert memory[0] > memory[1] > 0.05
    assert memory[0] > 0.15
    hours = np.diff(np.log(btc[::60]))
    assert 1.0 < ((hours - hours.mean()) ** 4).mean() / hours.var() ** 2 - 3.0 < 200.0
    assert np.corrcoef(np.diff(np.log(month.spot[::5, :2]), axis=0).T)[0, 1] > 0.8


def test_a_month_of_funding_interest_and_depth(month) -> None:
    ends = BEGIN + 60 * np.arange(1, DAYS * 1440 + 1)
    settled = month.told[RATE, ends % 28_800 == 0, 0, 0]
    assert 0.3 < (np.abs(settled - 1e-4) < 1e-12).mean() < 0.95
    assert np.quantile(settled, 0.05) > -6e-4
    coins = month.told[HELD].sum(axis=1)
    assert (coins.mean(axis=0) / make_params().coins > 0.75).all()
    assert (coins.mean(axis=0) / make_params().coins < 1.25).all()
    change = (coins[240:, 0] / coins[:-240, 0] - 1.0) * 100.0
    assert 0.3 < change.std() < 3.0
    bids = month.told[BIDS].sum(axis=1)[:, 0]
    assert 0.2 < np.quantile(bids, 0.01) / np.median(bids) < 0.65
    asks = month.told[ASKS].sum(axis=1)[:, 0]
    assert 0.04 < np.median(np.abs(bids - asks) / (bids + asks)) < 0.13
    low, middle, high = np.quantile(month.told[RATIO][:, :, 0], [0.05, 0.5, 0.95])
    assert 0.5 < low < middle < high < 2.8
    assert 0.8 < middle < 1.9


def test_a_month_of_liquidations(month) -> None:
    usd, coin = usd_of(month), month.orders[:, 1]
    oi = month.told[HELD].sum(axis=1) * month.spot
    day = (month.orders[:, 0] // 10**9 - BEGIN) // 86_400
    for lane in range(S):
        mine = coin == lane
        share = np.bincount(day[mine], usd[mine], DAYS) / oi[:, lane].reshape(DAYS, -1).mean(axis=1) * 100.0
        assert 0.05 < np.median(share) < 2.5, COINS[lane].symbol
        assert share.mean() < 6.0, COINS[lane].symbol
    sizes = usd[coin == 0]
    assert 500.0 < np.median(sizes) < 8000.0
    assert np.sort(sizes)[-len(sizes) // 100 :].sum() / sizes.sum() > 0.15
    four = (month.orders[:, 0] // 10**9 - BEGIN) // 14_400
    mine = coin == 0
    longs = np.bincount(four[mine & (month.orders[:, 3] == 0)], usd[mine & (month.orders[:, 3] == 0)], 6 * DAYS)
    total = np.bincount(four[mine], usd[mine], 6 * DAYS)
    move = month.spot[239::240, 0] / np.concatenate([month.spot[:1, 0], month.spot[239:-1:240, 0]]) - 1.0
    large = np.abs(move) > 0.01
    assert ((longs > 0.5 * total) == (move < 0.0))[large].mean() > 0.7
    ranks = [np.argsort(np.argsort(values)) for values in (np.abs(move), total)]
    assert np.corrcoef(*ranks)[0, 1] > 0.35
