"""From columns to what is published: which word, which reason, which evidence; and the same for the market."""

import itertools
import math

import msgspec
import numpy as np
import pytest

from clri.engine.cadence import Cadence
from clri.model.quality import quality
from clri.model.reading import COMPONENTS, MarketReading, Reading
from clri.model.timebase import SECOND
from clri.scores import clri, direction
from clri.scores.market import Market
from clri.scores.market_reading import compose_market
from clri.scores.reading import ReadingComposer, Row
from clri.testing.builders import T0, reading
from tests.scores.panel_data import matrix, tier

NAMES = list(tier(("BTC",)).panel.columns)
AT = {name: at for at, name in enumerate(NAMES)}
LIMITS = {"funding": 600, "oi": 900, "volume": 600, "liquidation": 60, "imbalance": 120}
GROUPS = {"funding": "funding", "oi": "oi", "volume": "volume", "liquidation": "liq", "imbalance": "book"}
WELL: dict[str, float] = {"clri_score": 60.0, "clri_exact": 60.2, "clri_raw": 26.0, "coverage": 1.0, "regime": 0.0}
for _name in COMPONENTS:
    WELL |= {f"{_name}_score": 50.0, f"{_name}_evidence": 1.0, f"weight_{_name}": 0.2, f"contribution_{_name}": 12.04}
for _group in (*GROUPS.values(), "spot"):
    WELL |= {f"age_{_group}_s": 1.0, f"cov_{_group}": 1.0}
for _name in ("funding", "oi", "volume", "liquidation"):
    WELL |= {f"{_name}_warming": 0.0}
UNKNOWN = dict.fromkeys(("clri_score", "clri_exact", "clri_raw"), None)


def composed(step: int = 60, **changes: float | None) -> Reading:
    """Reading of a row in which all is well, but for the changes; None = missing."""
    values = [math.nan] * len(NAMES)
    for name, value in (WELL | changes).items():
        values[AT[name]] = math.nan if value is None else value
    composer = ReadingComposer(Cadence(step), clri.Params(), direction.Params(), "hash")
    return composer.compose("BTC", T0, "live", Row(AT, values), 75.0)


# ---------------------------------------------------------------- the word
@pytest.mark.parametrize(("known", "partial", "stale", "warming"), list(itertools.product([True, False], repeat=4)))
def test_the_worst_word_wins(known: bool, partial: bool, stale: bool, warming: bool) -> None:
    found = composed(
        **({} if known else UNKNOWN),
        coverage=0.5 if partial else 1.0,
        age_funding_s=301.0 if stale else 1.0,
        oi_warming=1.0 if warming else 0.0,
    )
    words = (("unknown", not known), ("partial", partial), ("stale", stale), ("warming", warming), ("ok", True))
    want = next(word for word, holds in words if holds)
    assert found.quality == want
    assert quality(known=known, partial=partial, stale=stale, warming=warming) == want


@pytest.mark.parametrize(("coverage", "word"), [(0.60, "ok"), (0.5999, "partial"), (0.40, "partial"), (1.0, "ok")])
def test_partial_is_below_60_percent(coverage: float, word: str) -> None:
    assert composed(coverage=coverage).quality == word
    part = composed(oi_evidence=coverage).component_quality["oi"]
    assert (part.quality, part.coverage) == (word, coverage)


@pytest.mark.parametrize("name", COMPONENTS)
def test_stale_is_older_than_half_the_limit(name: str) -> None:
    column, half = f"age_{GROUPS[name]}_s", LIMITS[name] / 2
    assert composed(**{column: half}).quality == "ok"
    found = composed(**{column: half + 1})
    assert found.quality == found.component_quality[name].quality == "stale"
    assert found.reasons == [f"{name}: data {half + 1:.0f} s old"]
    assert found.data_age_s == half + 1
    assert [part.quality for part in found.component_quality.values()].count("ok") == 4


def test_the_older_of_two_inputs_counts() -> None:
    part = composed(age_volume_s=10.0, age_spot_s=400.0).component_quality["volume"]
    assert (part.data_age_s, part.quality) == (400.0, "stale")
    assert composed(age_volume_s=10.0, age_spot_s=None).component_quality["volume"].data_age_s == 10.0


def test_a_partial_component_that_is_stale_makes_the_reading_stale() -> None:
    found = composed(funding_evidence=0.4, age_funding_s=500.0)
    assert (found.quality, found.component_quality["funding"].quality) == ("stale", "partial")


@pytest.mark.parametrize("name", ["funding", "oi", "volume", "liquidation"])
def test_warming_is_a_history_that_is_too_short(name: str) -> None:
    found = composed(**{f"{name}_warming": 1.0})
    assert found.quality == found.component_quality[name].quality == "warming"
    assert found.reasons == [f"{name}: history too short"]


@pytest.mark.parametrize(
    ("step", "age", "word"), [(14_400, 7_200, "ok"), (14_400, 7_201, "stale"), (3_600, 31, "stale")]
)
def test_coarse_rows_stretch_the_limits(step: int, age: float, word: str) -> None:
    assert composed(step, age_liq_s=age).quality == word


# ---------------------------------------------------------------- reasons and evidence
def test_nothing_to_say_when_all_is_well() -> None:
    found = composed()
    assert (found.quality, found.reasons, found.coverage, found.data_age_s) == ("ok", [], 1.0, 1.0)
    assert {part.reason for part in found.component_quality.values()} == {None}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cov_book": None, "age_book_s": None}, "no data"),
        ({"cov_book": 0.2, "age_book_s": None}, "coverage 20%, no value"),
        ({"cov_book": 1.0}, "coverage 100%, no value"),
        ({"cov_book": 0.0, "age_book_s": 500.0}, "coverage 0%, no value"),
    ],
)
def test_a_missing_component_says_why(changes: dict, reason: str) -> None:
    found = composed(imbalance_score=None, imbalance_evidence=0.0, **changes)
    part = found.component_quality["imbalance"]
    assert (part.quality, part.reason, part.coverage) == ("unknown", reason, 0.0)
    assert found.reasons == [f"imbalance: {reason}"]
    assert found.component_scores["imbalance"] is None
    assert found.data_age_s == 1.0  # the age of an input that is not used says nothing


def test_of_two_inputs_the_one_without_data_is_why() -> None:
    gone = {"volume_score": None, "volume_evidence": 0.0}
    assert composed(**gone, cov_spot=None).reasons == ["volume: no data"]
    assert composed(**gone, cov_spot=0.1).reasons == ["volume: coverage 10%, no value"]
    assert composed(**gone, volume_warming=1.0).reasons == ["volume: history too short"]


def test_partial_says_how_much() -> None:
    assert composed(oi_evidence=0.4).reasons == ["oi: coverage 40%"]


def test_no_score_no_number_no_weight() -> None:
    found = composed(**UNKNOWN, coverage=0.35, liquidation_score=None, liquidation_evidence=0.0, cov_liq=None)
    assert (found.clri_score, found.clri_exact, found.clri_raw) == (None, None, None)
    assert (found.risk_level, found.quality) == ("UNKNOWN", "unknown")
    assert (found.weights, found.contributions) == ({}, {})
    assert found.reasons == ["coverage 35% is too low", "liquidation: no data"]
    assert found.component_scores == dict.fromkeys(COMPONENTS, 50.0) | {"liquidation": None}


def test_a_row_without_anything() -> None:
    found = composed(**dict.fromkeys(WELL))
    assert found.coverage == 0.0
    assert found.reasons == ["coverage 0% is too low", *(f"{name}: no data" for name in COMPONENTS)]
    assert (found.data_age_s, found.direction, found.direction_confidence) == (None, None, None)
    assert (found.stress_level, found.liq_is_spike, found.detected_regime) == ("UNKNOWN", None, "NORMAL")
    numbers = {name: value for name, value in msgspec.structs.asdict(found).items() if isinstance(value, float)}
    assert numbers == {"coverage": 0.0, "pct_market": 75.0}
    assert set(found.extra.values()) == {None}


# ---------------------------------------------------------------- the rest of a reading
def test_numbers_follow_their_columns() -> None:
    found = composed(
        price=60_000.0, oi_usd=3e9, liq_1h_usd=0.0, funding_spread=4e-4, oi_top_share=0.3, liq_is_spike=1.0
    )
    assert (found.price, found.open_interest, found.liquidations_1h_usd) == (60_000.0, 3e9, 0.0)
    assert (found.extra["funding_spread"], found.extra["oi_concentration"]) == (4e-4, 0.3)
    assert (found.liq_is_spike, composed(liq_is_spike=0.0).liq_is_spike) == (True, False)
    assert found.extra["funding_percentile"] is None
    assert (found.pct_market, found.method, found.params_hash, found.mode) == (75.0, "clri-1+scale-1", "hash", "live")
    assert (found.cascade_score, composed(cascade_score_max=1.7).cascade_score) == (None, 1.7)


@pytest.mark.parametrize(
    ("d", "name"),
    [(0.2, "NEUTRAL"), (0.2001, "LONG_CROWDED"), (-0.2, "NEUTRAL"), (-0.9, "SHORT_CROWDED"), (0.0, "NEUTRAL")],
)
def test_direction_and_its_confidence(d: float, name: str) -> None:
    found = composed(direction_value=d)
    assert (found.direction, found.direction_value, found.direction_confidence) == (name, d, abs(d))


@pytest.mark.parametrize(("score", "level"), [(64.0, "ELEVATED"), (65.0, "HIGH"), (0.0, "LOW"), (100.0, "EXTREME")])
def test_the_level_is_that_of_the_shown_number(score: float, level: str) -> None:
    found = composed(clri_score=score, clri_exact=64.5)
    assert (found.clri_score, type(found.clri_score), found.risk_level) == (int(score), int, level)
    assert composed(composite_stress=89.5).stress_level == "EXTREME"


@pytest.mark.parametrize(
    ("step", "coarse_s", "ahead"), [(60, None, 120), (300, None, 600), (3600, None, 7200), (14_400, 14_400, 28_800)]
)
def test_validity_and_the_mark_of_coarse_rows(step: int, coarse_s: int | None, ahead: int) -> None:
    found = composed(step)
    assert (found.coarse_s, found.valid_until - found.ts) == (coarse_s, ahead * SECOND)


def test_contributions_and_weights_of_every_reading_of_a_walk() -> None:
    known = 0
    for readings, market, _ in tier().block(120_000, matrix(300, 3, seed=11), "live"):
        for found in readings:
            if found.clri_exact is None:
                assert (found.weights, found.contributions, found.quality) == ({}, {}, "unknown")
                continue
            known += 1
            assert sum(found.contributions.values()) == pytest.approx(found.clri_exact, abs=1e-9)
            assert sum(found.weights.values()) == pytest.approx(1.0)
            for name in COMPONENTS:
                if found.component_scores[name] is None:
                    assert found.weights[name] == found.contributions[name] == 0.0
                    assert found.component_quality[name].quality == "unknown"
        assert sum(market.weights.values()) == pytest.approx(1.0 if market.weights else 0.0)
    assert known > 500


# ---------------------------------------------------------------- the market
def index(rows: list[tuple], **changes: object) -> MarketReading:
    """Market reading of rows of (symbol, OI in billions, exact score, direction)."""
    market = Market()
    readings, columns = [], []
    for symbol, oi, exact, d in rows:
        score = None if exact is None else math.floor(exact + 0.5)
        readings.append(reading(symbol=symbol, clri_score=score, clri_exact=exact, direction_value=d, **changes))
        columns.append([oi * 1e9, exact, readings[-1].coverage, d, 0.0, None])
    x = np.array(columns, dtype=np.float64).T[:, None, :]
    y, lanes = market.update(market.state(len(rows)), x)
    return compose_market(market, readings, y[:, 0], lanes[0, 0])


VECTOR = [
    ("BTC", 30, 79.2, 0.55),
    ("ETH", 16, 74.1, 0.41),
    ("XRP", 4.5, 71.8, 0.35),
    ("SOL", 3.9, 62.0, 0.10),
    ("DOGE", 1.2, 48.0, -0.15),
    ("ADA", 0.5, 45.2, None),
]


def test_the_vector_of_the_market() -> None:
    found = index(VECTOR)
    assert (found.market_clri, found.risk_level, found.market_direction) == (74, "HIGH", "LONG_CROWDED")
    assert (found.market_exact, found.direction_value) == (
        pytest.approx(74.1501, abs=5e-5),
        pytest.approx(0.4417, abs=5e-5),
    )
    assert [name for name, _, _ in found.top_contributors] == ["BTC", "ETH", "XRP"]
    assert [score for _, _, score in found.top_contributors] == [79, 74, 72]
    assert (found.symbols_tracked, found.symbols_elevated, found.symbols_high) == (6, 3, 0)
    assert (found.divergent_symbols, found.quality, found.reasons) == ([], "ok", [])
    assert found.total_oi == pytest.approx(56.1e9)
    assert found.individual_readings == {"BTC": 79, "ETH": 74, "XRP": 72, "SOL": 62, "DOGE": 48, "ADA": 45}


def test_a_tie_among_contributors_is_broken_by_name() -> None:
    found = index([(name, 1, 50.0, None) for name in ("SOL", "ETH", "BTC", "ADA")])
    assert [name for name, _, _ in found.top_contributors] == ["ADA", "BTC", "ETH"]
    assert found.market_direction is None


def test_divergence_is_upward_only_and_largest_first() -> None:
    found = index(
        [
            ("BTC", 100, 40.0, None),
            ("ADA", 1, 65.0, None),
            ("SOL", 1, 90.0, None),
            ("ETH", 1, 2.0, None),
            ("XRP", 1, 90.0, None),
        ]
    )
    base = found.market_clri
    assert base is not None
    assert found.divergent_symbols == [("SOL", 90, 90 - base), ("XRP", 90, 90 - base)]
    edge = index([("BTC", 1e6, 40.0, None), ("ADA", 1e-9, 67.0, None)])
    assert (edge.market_clri, edge.divergent_symbols) == (41, [("ADA", 67, 26)])
    assert index([("BTC", 1e6, 40.0, None), ("ADA", 1e-9, 65.0, None)]).divergent_symbols == []  # 24 above 41
    exactly = index([("BTC", 1e6, 39.27, None), ("ADA", 1e-9, 65.0, None)])
    assert (exactly.market_clri, exactly.divergent_symbols) == (40, [("ADA", 65, 25)])


def test_elevated_includes_high() -> None:
    found = index(
        [(name, 1, score, None) for name, score in (("A", 64.4), ("B", 64.5), ("C", 79.4), ("D", 79.5), ("E", 100.0))]
    )
    assert (found.symbols_elevated, found.symbols_high) == (4, 2)


def test_members_are_those_with_a_score() -> None:
    found = index([("BTC", 60, 50.0, 0.9), ("ETH", 40, None, None), ("ADA", 1, None, None)])
    assert found.weights == {"BTC": 1.0}
    assert (found.symbols_tracked, found.market_clri) == (1, 50)
    assert found.individual_readings == {"BTC": 50, "ETH": None, "ADA": None}
    assert found.reasons == ["no score: ETH, ADA"]
    assert found.quality == "partial"
    assert 0.4 <= found.coverage < 0.6


def test_below_40_percent_the_market_is_unknown() -> None:
    found = index([("BTC", 30, 50.0, 0.9), ("ETH", 70, None, None)])
    assert (found.market_clri, found.market_exact, found.risk_level, found.quality) == (
        None,
        None,
        "UNKNOWN",
        "unknown",
    )
    assert found.reasons == ["coverage 30% is too low", "no score: ETH"]
    assert found.divergent_symbols == []
    nothing = index([("BTC", 30, None, None), ("ETH", 70, None, None)])
    assert (nothing.symbols_tracked, nothing.weights, nothing.top_contributors) == (0, {}, [])
    assert (nothing.market_direction, nothing.regime, nothing.breadth) == (None, None, None)
    assert nothing.reasons[0] == "coverage 0% is too low"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"quality": "stale"}, "stale"),
        ({"quality": "warming"}, "warming"),
        ({"quality": "ok"}, "ok"),
        ({"coverage": 0.5}, "partial"),
        ({"coverage": 0.5, "quality": "stale"}, "partial"),
        ({"coverage": 0.3}, "unknown"),
    ],
)
def test_the_market_is_as_good_as_its_members(changes: dict, word: str) -> None:
    found = index([("BTC", 60, 50.0, None), ("ETH", 40, 50.0, None)], **changes)
    assert found.quality == word
    assert (found.ts, found.valid_until, found.mode) == (T0, T0 + 120 * SECOND, "live")
