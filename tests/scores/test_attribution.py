"""Attribution: the vectors of SCORES 2.4, exact sums, refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.reading import COMPONENTS, Reading
from clri.scores.attribution import attribute, attribute_market, largest_remainder
from clri.testing.builders import market_reading, reading
from tests.scores.vectors import ROWS, composite


def of(name: str, symbol: str = "BTC") -> Reading:
    row, out = ROWS[name], composite(ROWS[name])
    return reading(
        symbol=symbol,
        clri_score=int(out["clri_score"]),
        clri_exact=out["clri_exact"],
        clri_raw=out["clri_raw"],
        component_scores={c: (v if (v := row[f"{c}_score"]) == v else None) for c in COMPONENTS},
        weights={c: out[f"weight_{c}"] for c in COMPONENTS},
    )


def test_a_to_b() -> None:
    split = attribute(of("A"), of("B"))
    assert split is not None
    assert list(split.parts.values()) == pytest.approx([25.6958, 8.8546, 8.1323, 4.7667, 4.4101], abs=5e-5)
    assert split.weight_shift == pytest.approx(-0.8999, abs=5e-5)
    assert sum(split.parts.values()) + split.weight_shift == pytest.approx(50.9597, abs=5e-5)


def test_b_to_c() -> None:
    split = attribute(of("B"), of("C"))
    assert split is not None
    assert split.parts["liquidation"] == pytest.approx(6.1559, abs=5e-5)
    assert split.weight_shift == pytest.approx(-1.8758, abs=5e-5)
    assert split.change == pytest.approx(4.2801, abs=5e-5)


def test_a_component_that_leaves_is_weight_shift() -> None:
    split = attribute(of("C"), of("D"))
    assert split is not None
    assert list(split.parts.values()) == pytest.approx([0] * 5)
    assert split.weight_shift == pytest.approx(-0.3504, abs=5e-5)


@pytest.mark.parametrize("a", ROWS)
@pytest.mark.parametrize("b", ROWS)
def test_parts_and_shift_sum_to_the_change(a: str, b: str) -> None:
    split = attribute(of(a), of(b))
    assert split is not None
    assert sum(split.parts.values()) + split.weight_shift == pytest.approx(split.change, abs=1e-9)
    assert sum(split.weights.values()) == pytest.approx(split.weight_shift, abs=1e-9)


def test_no_attribution_from_or_to_unknown_nor_across_scales() -> None:
    unknown = reading(clri_score=None, clri_exact=None, clri_raw=None)
    assert attribute(unknown, of("A")) is None
    assert attribute(of("A"), unknown) is None
    assert attribute(of("A"), reading(method="clri-1+scale-2")) is None


def test_market_change_splits_exactly() -> None:
    before = {"BTC": of("A"), "ETH": of("B", "ETH")}
    after = {"BTC": of("B"), "SOL": of("C", "SOL")}
    w_a, w_b = {"BTC": 0.6, "ETH": 0.4}, {"BTC": 0.7, "SOL": 0.3}
    exact_a = sum(w_a[s] * before[s].clri_exact for s in w_a)
    exact_b = sum(w_b[s] * after[s].clri_exact for s in w_b)
    a = market_reading(weights=w_a, market_exact=exact_a)
    b = market_reading(weights=w_b, market_exact=exact_b)
    split = attribute_market(a, b, before, after)
    assert split is not None
    assert sum(split.parts.values()) + split.weight_shift == pytest.approx(exact_b - exact_a)


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(-50, 50), min_size=1))
def test_displayed_parts_sum_to_the_displayed_total(parts: dict[str, float]) -> None:
    total = sum(parts.values())
    shown = largest_remainder(parts, total)
    assert sum(shown.values()) == pytest.approx(round(total / 0.1) * 0.1, abs=1e-9)
    assert all(abs(shown[name] - parts[name]) <= 0.1 + 1e-9 for name in parts)
