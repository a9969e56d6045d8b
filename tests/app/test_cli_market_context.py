"""`clri context`: one symbol with coverage and rank of every input, estimated levels and what-if, from a store."""

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from clri.app import market_context
from clri.app.market_context import LINES
from clri.model.observation import INPUTS, Observation
from clri.model.reading import Reading
from clri.model.timebase import HOUR, SECOND
from clri.scores.estimated_levels import EstimatedLevels
from clri.scores.reading import EXTRA
from clri.testing.builders import cascade, market_reading, minute, observation, reading
from tests.app.test_cli_status import kept

EXTRAS = {"funding_percentile": 97.3, "oi_concentration": 0.3, "funding_divergence": 1.0, "oi_concentrated": 0.0}


def rows(count: int = 300, mode: str = "replay-recorded") -> list:
    """Minutes of a price that falls while open interest grows."""
    rng, out = np.random.default_rng(1), []
    for n in range(-count, 1):
        price = 60_000 * math.exp(-0.0001 * (n + count)) * (1 + rng.normal(0, 1e-4))
        coins = 50_000.0 + 10 * (n + count)
        changes = {"price": price, "high": price, "low": price, "oi_index": coins, "oi_base": coins}
        out.append(observation(ts=minute(n), mode=mode, **changes))
    return out


def stored(path: Path, items: Sequence, mode: str = "replay-recorded", **changes: object) -> Path:
    at = {"mode": mode, "extra": EXTRAS, "mtf": {"1h": "IGNITION", "4h": None}, **changes}
    return kept(path, *items, reading(**at), market_reading(mode=mode), cascade(mode=mode), mode=mode)


def test_the_document_holds_value_coverage_and_rank(clri, place: Path) -> None:
    stored(place / "s.sqlite", rows())
    said = clri("context", "btcusdt", "--store", "s.sqlite", "--json")
    assert (said.code, said.err) == (0, "")
    document = said.json
    lines = {line["name"]: line for line in document["inputs"]}
    funding = lines["funding_rate"]
    assert (funding["value"], funding["percentile"], funding["coverage"], funding["venues"]) == (0.0001, 97.3, 1.0, 6)
    assert lines["ls_top_account_ratio"]["value"] == 1.2
    assert lines["oi_change_1h_pct"]["value"] is None
    assert document["regimes"]["funding_divergence"] is True
    assert document["regimes"]["oi_concentrated"] is False
    assert document["regimes"]["mtf"] == {"1h": "IGNITION", "4h": None}
    assert document["oi_top_venue"] == "binance"
    assert document["cascades"][0]["state"] == "active"
    assert document["stale"] is False


def test_levels_are_those_of_the_rows_and_clearly_estimated(clri, place: Path) -> None:
    history = rows()
    stored(place / "s.sqlite", history)
    document = clri("context", "BTC", "--store", "s.sqlite", "--json").json
    own = EstimatedLevels(["BTC"])
    for row in history:
        own.row([row])
    levels = document["levels"]
    assert (levels["kind"], levels["step"]) == ("estimated", 100.0)
    assert "no venue tells" in levels["method"]
    assert levels["mapped_share"] == pytest.approx(own.mapped_share("BTC"))
    expected = own.levels("BTC", 10.0, 100.0)
    found = [(r["price_level"], r["long_usd"], r["short_usd"]) for r in levels["levels"]]
    assert len(found) > 50
    assert np.array(found) == pytest.approx(np.array(expected))
    moves = {stress["move_pct"]: stress for stress in document["what_if"]}
    assert moves[-5.0]["status"] == "estimated"
    assert moves[-5.0]["forced_usd"] == pytest.approx(
        sum(usd for at, usd, _ in own.levels("BTC", 5.0) if at >= own.last_price("BTC") * 0.95)
    )
    assert (moves[-1.0]["depth_usd"], moves[-1.0]["extrapolated"]) == (12e6, False)
    assert (moves[5.0]["depth_usd"], moves[5.0]["extrapolated"]) == (47.5e6, True)


def test_the_view_says_it_in_words(clri, place: Path) -> None:
    stored(place / "s.sqlite", rows())
    said = clri("context", "BTC", "--store", "s.sqlite", "--once", "--refresh", "5")
    assert said.code == 0
    for words in ("RECORDED DATA", "72 HIGH", "97 of 100", "ESTIMATED liquidation levels", "WHAT IF (estimated"):
        assert words in said.out
    assert "FUNDING_DIVERGENCE" in said.out
    assert "OI_CONCENTRATED" not in said.out
    assert "beyond reach" in said.out
    assert "cascade active" in said.out


def test_without_rows_levels_are_unknown_not_zero(clri, place: Path) -> None:
    stored(place / "s.sqlite", [])
    said = clri("context", "BTC", "--store", "s.sqlite", "--json")
    assert said.code == 0
    document = said.json
    assert (document["levels"]["levels"], document["levels"]["mapped_share"], document["what_if"]) == ([], None, [])
    assert all(line["coverage"] is None for line in document["inputs"])
    assert "none known yet" in clri("context", "BTC", "--store", "s.sqlite").out


@pytest.mark.parametrize(("changes", "code"), [({}, 0), ({"quality": "partial"}, 3), ({"clri_score": None}, 3)])
def test_a_degraded_reading_is_code_3(clri, place: Path, changes: dict, code: int) -> None:
    stored(place / "s.sqlite", [], **changes)
    assert clri("context", "BTC", "--store", "s.sqlite").code == code


def test_a_live_one_goes_stale(clri, place: Path) -> None:
    now = time.time_ns() // SECOND * SECOND - HOUR
    stored(place / "live.sqlite", [], mode="live", ts=now)
    said = clri("context", "BTC", "--store", "live.sqlite")
    assert said.code == 3
    assert "LIVE stale" in said.out
    assert clri("context", "BTC", "--store", "live.sqlite", "--json").json["stale"] is True


@pytest.mark.parametrize("words", [["DOGE"], ["!!"]])
def test_a_symbol_that_is_not_there_is_code_2(clri, place: Path, words: list[str]) -> None:
    stored(place / "s.sqlite", [])
    said = clri("context", *words, "--store", "s.sqlite")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("CLRI-DATA-007")


def test_refresh_shows_anew_until_interrupted(clri, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(place / "s.sqlite", rows(30))
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", wait)
    said = clri("context", "BTC", "--store", "s.sqlite", "--refresh", "7")
    assert (said.code, waits) == (130, [7.0, 7.0, 7.0])
    assert said.out.count("72 HIGH") == 3


def test_every_line_names_what_exists() -> None:
    known = {*Reading.__struct_fields__, *EXTRA, *Observation.__struct_fields__}
    ranked = {*Reading.__struct_fields__, *EXTRA}
    assert [line.name for line in LINES if line.name not in known] == []
    assert [line.percentile for line in LINES if line.percentile and line.percentile not in ranked] == []
    assert {line.group for line in LINES} <= set(INPUTS)
    assert market_context.SPAN_PCT > 0
