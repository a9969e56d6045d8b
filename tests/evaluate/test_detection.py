"""Matching of declared cascades with labels: vectors, and what must hold for any of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.evaluate.detection import Cascade, Condition, Declarations, Matched, Rule, match
from clri.evaluate.label_c import Span
from clri.model.timebase import SECOND
from clri.testing.builders import cascade


def told(declared: float | None, start: float, last: float) -> Cascade:
    at = None if declared is None else round(declared * SECOND)
    return Cascade(at, round(start * SECOND), round(last * SECOND))


def label(*starts: float, spans: tuple = (), heavy: tuple = ()) -> Condition:
    held = [Span(round(a * SECOND), round(b * SECOND)) for a, b in (spans or [(s, s + 30) for s in starts])]
    return Condition([round(s * SECOND) for s in starts], held, [Span(a * SECOND, b * SECOND) for a, b in heavy])


@pytest.mark.parametrize(
    ("cascades", "delays", "bare", "false", "outside"),
    [
        ([told(1004, 990, 1050)], [4.0], 0, 0, 0),
        ([told(980, 960, 1050)], [-20.0], 0, 0, 0),  # before the label, span holds it
        ([told(980, 960, 990)], [-20.0], 0, 0, 1),  # ended in the label's own 5 min
        ([told(650, 640, 699)], [None], 1, 1, 1),  # ended before them
        ([told(650, 640, 700)], [-350.0], 0, 0, 1),
        ([told(1025, 1030, 1050)], [25.0], 0, 0, 1),  # began within the condition's stretch
        ([told(1040, 1031, 1050)], [None], 1, 1, 1),
        ([told(None, 990, 1050)], [None], 0, 0, 0),  # there, but never large enough
        ([told(1030, 990, 1050), told(1010, 980, 1050)], [10.0], 0, 0, 0),
        ([], [None], 1, 0, 0),
    ],
)
def test_one_label(cascades, delays, bare, false, outside) -> None:
    found = match(label(1000), cascades, 7.0)
    assert found.delays == delays
    assert (found.bare, found.false, found.outside) == (bare, false, outside)
    assert found.declared == len([one for one in cascades if one.declared_at is not None])


def test_false_starts_say_what_the_label_lacked() -> None:
    wanted = label(1000, spans=((1000, 1010), (3000, 3005)), heavy=((1000, 1010), (3000, 3005), (6000, 6100)))
    cascades = [told(2990, 2980, 3010), told(6001, 6000, 6050), told(9000, 8990, 9050), told(1001, 995, 1100)]
    found = match(wanted, cascades, 14.0)
    assert (found.declared, found.false, found.repeated, found.unmoved) == (4, 3, 1, 1)
    assert found.per_week(found.false) == 1.5


def test_recall_and_delays_count_every_label() -> None:
    found = Matched(delays=[-3.0, 5.0, 5.1, 40.0, None])
    assert (found.recall(), found.recall(60.0), found.found) == (0.4, 0.8, 4)
    assert [found.delay(q) for q in (0.0, 0.5, 0.99)] == [-3.0, 5.1, None]
    none = Matched()
    assert (none.recall(), none.delay(0.5), none.per_week(0)) == (None, None, None)


def test_join_adds_up_everything() -> None:
    total = Matched()
    for _ in range(2):
        total.join(match(label(1000), [told(1004, 990, 1050), told(9000, 8990, 9050)], 7.0))
    assert total == Matched([4.0, 4.0], 0, 4, 2, 0, 0, 2, 14.0)


@pytest.mark.parametrize(
    ("usd", "risk", "oi", "declared"),
    [(1e6, 1.0, 1e9, 7), (999_999.0, 2.0, 1e9, None), (1e6, 0.99, 1e9, None), (1e6, 1.0, None, None)],
)
def test_declared_by_size_and_band(usd, risk, oi, declared) -> None:
    found = Declarations()
    found.take(cascade(started_at=1, last_met_at=5, total_usd=usd, max_risk_score=risk), 7, oi)
    assert found.all() == [Cascade(declared, 1, 5)]
    strict = Declarations(Rule(oi_share=2e-3))
    strict.take(cascade(started_at=1, last_met_at=5, total_usd=1e6, max_risk_score=2.0), 7, 1e9)
    assert strict.all() == [Cascade(None, 1, 5)]


def test_declared_once_by_the_first_update_that_is_large_enough() -> None:
    found = Declarations()
    for n, (name, usd) in enumerate([("b", 1e5), ("a", 2e6), ("b", 3e6), ("b", 4e6)]):
        start = 50 if name == "b" else 20
        found.take(cascade(cascade_id=name, started_at=start, last_met_at=60 + n, total_usd=usd), n, 1e9)
    assert found.all() == [Cascade(1, 20, 61), Cascade(2, 50, 63)]


times = st.integers(0, 20_000)


@st.composite
def conditions(draw) -> Condition:
    """Draw labels an hour apart or more, each with a stretch."""
    starts, at = [], draw(st.integers(0, 4_000))
    for _ in range(draw(st.integers(0, 4))):
        starts.append(at)
        at += 3600 + draw(st.integers(0, 3_000))
    spans = [(s, s + draw(st.integers(0, 200))) for s in starts]
    return label(*starts, spans=tuple(spans)) if starts else Condition([], [], [])


cascades_ = st.builds(
    lambda start, length, lag: told(None if lag is None else start + lag, start, start + length),
    times,
    st.integers(0, 900),
    st.none() | st.integers(0, 60),
)


@given(conditions(), st.lists(cascades_, max_size=8, unique=True), cascades_)
def test_another_cascade_never_lowers_recall(wanted, cascades, extra) -> None:
    before, after = match(wanted, cascades, 7.0), match(wanted, [*cascades, extra], 7.0)
    assert (after.recall() or 0.0) >= (before.recall() or 0.0)
    assert after.false >= before.false
    assert after.bare <= before.bare


@given(conditions(), st.lists(cascades_, max_size=8, unique=True))
def test_counts_add_up(wanted, cascades) -> None:
    found = match(wanted, cascades, 7.0)
    assert len(found.delays) == len(wanted.starts)
    assert found.false <= found.outside <= found.declared == len([c for c in cascades if c.declared_at is not None])
    assert found.repeated + found.unmoved <= found.false
    assert found.bare + found.found <= len(found.delays)
    none = match(Condition([], [], []), cascades, 7.0)
    assert none.false == none.declared == none.outside


@given(conditions(), st.lists(cascades_, max_size=8, unique=True), st.integers(-1_000, 1_000))
def test_only_differences_of_time_count(wanted, cascades, shift) -> None:
    by = shift * SECOND
    moved = Condition(
        [at + by for at in wanted.starts],
        [Span(span.first + by, span.last + by) for span in wanted.spans],
        wanted.heavy,
    )
    later = [
        Cascade(None if c.declared_at is None else c.declared_at + by, c.started_at + by, c.last_met_at + by)
        for c in cascades
    ]
    assert match(moved, later, 7.0) == match(wanted, cascades, 7.0)
