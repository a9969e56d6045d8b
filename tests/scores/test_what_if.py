"""What-if stress: forced orders against measured depth, on both sides, with and beyond the books' reach."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.errors import InputError
from clri.scores.what_if import MOVES, VenueDepth, bands_of, depth_within, what_if
from clri.testing.builders import depth

LEVELS = [(90.0, 8e6, 0.0), (95.0, 4e6, 0.0), (98.5, 2e6, 0.0), (103.0, 0.0, 9e6), (109.0, 0.0, 1e6)]
BOOKS = [
    VenueDepth("okx", 0.6, ((1.0, 1e6), (2.0, 3e6)), ((1.0, 2e6),)),
    VenueDepth("gate", 0.3, ((0.5, 5e5),), ((0.5, 5e5),)),
    VenueDepth("bybit", 0.1, (), ()),
]


def test_down_sells_longs_into_bids() -> None:
    found = what_if(LEVELS, 100.0, -5.0, BOOKS)
    assert (found.side, found.price, found.forced_usd, found.status) == ("LONG", 95.0, 6e6, "estimated")
    okx, gate, bybit = found.venues
    assert (okx.depth_usd, okx.reach_pct, okx.extrapolated) == (7.5e6, 2.0, True)
    assert (gate.depth_usd, gate.reach_pct, gate.extrapolated) == (5e6, 0.5, True)
    assert (bybit.depth_usd, bybit.ratio, bybit.forced_usd) == (None, None, pytest.approx(6e5))
    assert (found.depth_usd, found.depth_venues, found.ratio) == (12.5e6, 2, 6e6 / 12.5e6)


def test_up_buys_shorts_from_asks() -> None:
    found = what_if(LEVELS, 100.0, 3.0, BOOKS)
    assert (found.side, found.forced_usd, found.venues[0].depth_usd) == ("SHORT", 9e6, 6e6)


def test_within_the_measured_reach_nothing_is_extrapolated() -> None:
    found = what_if(LEVELS, 100.0, -0.5, BOOKS)
    assert not found.extrapolated
    assert found.depth_usd == 5e5 + 5e5


def test_an_empty_map_forces_nothing_that_is_known() -> None:
    found = what_if([], 100.0, -5.0, BOOKS, mapped=False)
    assert (found.forced_usd, found.ratio) == (None, None)
    assert found.depth_usd is not None
    assert what_if([], 100.0, -5.0, BOOKS).forced_usd == 0.0


def test_without_books_there_is_no_ratio() -> None:
    found = what_if(LEVELS, 100.0, -5.0, [])
    assert (found.forced_usd, found.depth_usd, found.ratio, found.depth_venues) == (6e6, None, None, 0)
    assert what_if(LEVELS, 100.0, -5.0, [VenueDepth("okx", 1.0, ((1.0, 0.0),), ())]).ratio is None


def test_bands_keep_to_what_the_book_reached() -> None:
    bids, asks = bands_of(depth())
    assert (bids, asks) == (((1.0, 12e6), (2.0, 21e6)), ((1.0, 10e6), (2.0, 19e6)))
    assert bands_of(depth(reach_ask_pct=1.4))[0] == ((1.0, 12e6), (1.4, 21e6))
    assert bands_of(depth(reach_ask_pct=0.2))[0] == ((0.2, 12e6),)
    assert bands_of(depth(valid=False)) == ((), ())


@pytest.mark.parametrize(("price", "move"), [(0.0, -5.0), (100.0, 0.0), (100.0, -100.0), (float("nan"), 1.0)])
def test_moves_that_make_no_sense_are_refused(price: float, move: float) -> None:
    with pytest.raises(InputError):
        what_if(LEVELS, price, move, BOOKS)


usd = st.floats(0.0, 1e12)
bands = st.lists(usd, max_size=3).map(lambda v: tuple((float(k + 1), sum(v[: k + 1])) for k in range(len(v))))


@given(st.lists(st.tuples(st.floats(50.0, 150.0), usd, usd), max_size=20), bands)
def test_a_larger_move_never_forces_less_nor_finds_less_depth(levels: list, book: tuple) -> None:
    for sign in (-1.0, 1.0):
        moves = sorted((m for m in MOVES if m * sign > 0), key=abs)
        found = [what_if(levels, 100.0, m, [VenueDepth("okx", 1.0, book, book)]) for m in moves]
        for less, more in itertools.pairwise(found):
            assert less.forced_usd <= more.forced_usd
            if less.depth_usd is not None:
                assert less.depth_usd <= more.depth_usd * (1 + 1e-12)
        assert all(f.depth_usd is None or f.depth_usd >= 0 for f in found)


@given(bands.filter(bool), st.floats(0.01, 50.0))
def test_depth_is_marked_exactly_beyond_its_reach(book: tuple, pct: float) -> None:
    found = depth_within(book, pct)
    assert found is not None
    assert found[1] is (pct > book[-1][0])
