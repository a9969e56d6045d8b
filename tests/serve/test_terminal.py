"""What people read in a terminal: short numbers, honest dashes, nothing cut, names that are not markup."""

from io import StringIO

import pytest
from rich.console import Console

from clri.model.levels import BANDS
from clri.serve.terminal.explain import explain_view
from clri.serve.terminal.market import market_view, score_text
from clri.serve.terminal.words import COLOURS, age, banner, clock, percent, price, rate_bp, share, usd
from clri.testing.builders import T0, cascade, market_reading, reading

EVIL = "[/red] [bold]x :smile: $(reboot)"
FULL = {
    "price_change_1h_pct": -12.34,
    "oi_change_1h_pct": -7.7,
    "liquidations_1h_usd": 194e6,
    "long_short_ratio": 1.5,
    "detected_regime": "LIQUIDATION_CASCADE",
    "direction": "SHORT_CROWDED",
}


def shown(view, width: int = 140, **options) -> str:
    """Text that a console of that width shows."""
    out = StringIO()
    Console(file=out, width=width, **options).print(view)
    return out.getvalue()


def document(**changes) -> dict:
    """An explanation as `clri.app.explanation` makes it."""
    part = {
        "score": 50.0,
        "weight": 0.2,
        "contribution": 12.0,
        "coverage": 1.0,
        "data_age_s": 5.0,
        "quality": "ok",
        "reason": None,
    }
    names = ("funding", "oi", "volume", "liquidation", "imbalance")
    change = {"points": 3.0, "shown": dict.fromkeys(names, 0.5) | {"weight_shift": 0.5}}
    base = {"symbol": "BTC", "mode": "replay-recorded", "as_of": "2026-09-21T14:14:00.000Z", "clri_score": 60}
    base |= {
        "clri_exact": 60.0,
        "clri_raw": 25.0,
        "risk_level": "ELEVATED",
        "method": "clri-1+scale-1",
        "coverage": 1.0,
    }
    base |= {"quality": "ok", "detected_regime": "NORMAL", "components": {name: dict(part) for name in names}}
    base |= {"change": change, "sentence": "So."}
    return base | changes


# ---------------------------------------------------------------- words
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0.0, "$0"),
        (999.4, "$999"),
        (1e3, "$1k"),
        (-2.5e6, "$-2.5M"),
        (1e9, "$1B"),
        (52.4e9, "$52.4B"),
        (3e15, "$3000T"),
    ],
)
def test_usd(value: float | None, text: str) -> None:
    assert usd(value) == text


def test_nothing_known_is_a_dash_everywhere() -> None:
    assert {usd(None), price(None), percent(None), share(None), rate_bp(None), age(None)} == {"—"}


def test_small_and_large_numbers() -> None:
    assert [price(v) for v in (97_202.61, 100.0, 99.99, 0.00001234)] == ["97,202.6", "100.0", "99.99", "1.234e-05"]
    assert [percent(v) for v in (0.0, -0.04, 12.0)] == ["+0.0 %", "-0.0 %", "+12.0 %"]
    assert [rate_bp(v) for v in (-0.0006, 0.0)] == ["-6.00 bp", "+0.00 bp"]
    assert [age(v) for v in (0.0, 119.4, 120.0, 7200.0)] == ["0 s", "119 s", "2 min", "120 min"]
    assert clock(T0) == "2026-09-21 14:14 UTC"


def test_the_banner_says_what_kind_of_data_it_is() -> None:
    assert banner("live") == "LIVE"
    assert banner("live", "stale") == "LIVE stale"
    assert banner("replay-recorded") == "RECORDED DATA – replay"
    assert banner("replay-simulated") == "SIMULATED DATA – generated, not a real market event"
    assert COLOURS.keys() == {level for _, level in BANDS} | {"UNKNOWN"}


# ---------------------------------------------------------------- the market table
def test_the_market_table() -> None:
    eth = reading(symbol="ETH", clri_score=None, reasons=["oi: no data"])
    text = shown(market_view([reading(**FULL), eth], market_reading(), width=140))
    head, btc, eth = (next(line for line in text.splitlines() if mark in line) for mark in ("MARKET", "BTC", "ETH"))
    assert "64 ELEVATED  LONG CROWDED  OI $4.6B  coverage 100 %  ok" in head
    numbers = ["60,000.0", "-12.3", "%", "+1.00", "bp", "$3B", "-7.7", "%", "$194M"]
    assert btc.split() == [
        "BTC",
        "72",
        "HIGH",
        "shorts",
        *numbers,
        "liquidation",
        "cascade",
        "100",
        "%",
        "5",
        "s",
        "ok",
    ]
    assert "— UNKNOWN" in eth
    assert " 0 UNKNOWN" not in eth
    assert "ETH: oi: no data" in text
    assert "LIVE" in text
    assert "2026-09-21 14:14 UTC" in text


def test_an_unknown_market_is_no_number() -> None:
    text = shown(
        market_view([], market_reading(market_clri=None, total_oi=None, reasons=["no score: BTC"], coverage=0.1))
    )
    assert "MARKET   — UNKNOWN  direction unknown  OI —  coverage 10 %  unknown" in text
    assert "market: no score: BTC" in text
    assert score_text(None, "UNKNOWN").plain == "  — UNKNOWN"
    assert "no reading yet" in shown(market_view([], None))


@pytest.mark.parametrize("width", [80, 100, 120, 140, 160, 200])
def test_a_narrow_terminal_shows_fewer_numbers_and_never_cut_ones(width: int) -> None:
    cascades = [cascade(venues={"hyperliquid": 3e6, "binance": 2e6, "bitget": 1e6, "okx": 5e5})]
    cascades += [cascade(kind="sustained", severity=1.875, risk_score=None, max_risk_score=None, venues={})]
    view = market_view([reading(**FULL)], market_reading(), cascades, "frames of a.jsonl", width)
    text = shown(view, width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert ("regime" in text) == (width >= 120)
    assert ("1 h" in text.replace("liq 1 h", "")) == (width >= 140)
    assert ("█" in text) == (width >= 160)
    assert ("hyperliquid, binance, bitget" in text) == (width >= 120)
    assert "4 h x 1.88" in text


def test_names_are_no_markup() -> None:
    for markup in (True, False):
        text = shown(market_view([reading()], market_reading(mode="replay-recorded"), (), EVIL), markup=markup)
        assert f"RECORDED DATA – {EVIL}" in text


def test_at_most_eight_notes() -> None:
    many = [reading(symbol=f"S{n}", reasons=["why"]) for n in range(20)]
    assert shown(market_view(many, market_reading())).count("why") == 8


# ---------------------------------------------------------------- the explanation
@pytest.mark.parametrize("width", [80, 140])
def test_the_explanation(width: int) -> None:
    text = shown(explain_view(document()), width)
    assert "BTC 60 ELEVATED   raw 25.0 on clri-1+scale-1   coverage 100 %" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}
    assert rows["liquidation"] == ["liquidation", "50.0", "20", "%", "12.0", "+0.5", "100", "%", "5", "s"]
    assert rows["weight"] == ["weight", "shift", "+0.5"]
    assert rows["total"] == ["total", "60.0", "+3.0"]
    assert "So." in text


def test_an_explanation_of_nothing_known() -> None:
    part = {
        "score": None,
        "weight": None,
        "contribution": None,
        "coverage": 0.0,
        "data_age_s": None,
        "quality": "unknown",
    }
    components = {"funding": part | {"reason": "no data"}}
    text = shown(
        explain_view(
            document(
                clri_score=None,
                clri_exact=None,
                clri_raw=None,
                risk_level="UNKNOWN",
                change=None,
                components=components,
            )
        )
    )
    assert "BTC — UNKNOWN   raw —" in text
    row = next(line for line in text.splitlines() if line.startswith("funding")).split()
    assert row == ["funding", "—", "—", "—", "—", "0", "%", "—", "no", "data"]
    assert "weight shift" not in text
