"""`clri explain`: contributions that sum to the score, changes that sum to the change, reasons for what is missing."""

from pathlib import Path

import pytest

from clri.model.reading import COMPONENTS
from clri.model.timebase import iso
from clri.stores.sqlite_reader import SqliteReader
from clri.testing.builders import minute, reading
from tests.app.recordings import recording
from tests.app.test_cli_status import kept


@pytest.fixture
def replayed(clri, place: Path) -> Path:
    """A store of 64 minutes of recording: the last four have a score."""
    recording(place / "r.jsonl", 64)
    assert clri("-q", "replay", "r.jsonl").code == 0
    return place


def test_contributions_sum_to_the_score(clri, replayed: Path) -> None:
    document = clri("explain", "btc/usdt", "--json").json
    assert (document["symbol"], document["mode"], document["quality"]) == ("BTC", "replay-recorded", "partial")
    assert document["as_of"] == "2026-09-21T15:19:00.000Z"
    assert document["components"].keys() == set(COMPONENTS)
    parts = document["components"].values()
    assert sum(part["contribution"] for part in parts) == pytest.approx(document["clri_exact"])
    assert sum(part["weight"] for part in parts) == pytest.approx(1.0)
    assert document["components"]["volume"] == {
        "score": None,
        "weight": 0.0,
        "contribution": 0.0,
        "coverage": 0.0,
        "data_age_s": pytest.approx(90, abs=1),
        "quality": "unknown",
        "reason": "coverage 0%, no value",
    }
    assert any(reason.startswith("volume: ") for reason in document["missing"])
    assert document["sentence"].startswith(
        f"BTC stands at {document['clri_score']} ({document['risk_level']}), mostly from "
    )


def test_a_change_sums_to_the_change(clri, replayed: Path) -> None:
    document = clri("explain", "BTC", "--since", "0.04", "--json").json
    change = document["change"]
    assert change["since"] == "2026-09-21T15:16:00.000Z"  # the newest reading at or before 15:16:36
    assert sum(change["parts"].values()) == pytest.approx(change["points"])
    assert sum(change["shown"].values()) == pytest.approx(round(change["points"], 1))
    with SqliteReader(replayed / "data/replay-recorded.sqlite") as store:
        (before,) = (r for r in store.readings("BTC", 0, 2**62) if iso(r.ts) == change["since"])
    assert change["points"] == pytest.approx(document["clri_exact"] - before.clri_exact)
    assert abs(change["points"]) > 0.1
    words = clri("explain", "BTC", "--since", "0.04").out
    assert "weight shift" in words
    assert "It moved " in words
    assert clri("explain", "BTC", "--json").json["change"] is None  # an hour ago there was no score


@pytest.mark.parametrize("columns", [None, "80"])
def test_the_table_is_plain_and_no_name_is_cut(
    clri, replayed: Path, monkeypatch: pytest.MonkeyPatch, columns: str | None
) -> None:
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    said = clri("explain", "BTC")
    assert (said.code, said.err) == (0, "")
    assert "\x1b" not in said.out
    assert "…" not in said.out
    assert all(name in said.out for name in (*COMPONENTS, "total", "RECORDED DATA – replay"))


def test_an_unknown_score_says_why(clri, place: Path) -> None:
    reasons = ["coverage 20% is too low", "funding: no data"]
    kept(place / "s.sqlite", reading(mode="replay-recorded", clri_score=None, reasons=reasons))
    said = clri("explain", "BTC", "--store", "s.sqlite")
    assert said.code == 0
    assert "BTC is UNKNOWN: coverage 20% is too low; funding: no data." in said.out
    document = clri("explain", "BTC", "--store", "s.sqlite", "--json").json
    assert (document["clri_score"], document["change"], document["missing"]) == (None, None, reasons)
    assert all(part["weight"] is None for part in document["components"].values())


def test_the_change_is_counted_from_the_newest_reading_at_or_before_the_hour(clri, place: Path) -> None:
    scores = {-75: 10, -61: 20, -59: 30, -1: 40, 0: 50}
    kept(place / "s.sqlite", *[reading(mode="replay-recorded", ts=minute(n), clri_score=s) for n, s in scores.items()])
    for since, origin in (("1", -61), ("0.5", -59), ("1.1", -75), ("20", -75), ("0.001", -1)):
        change = clri("explain", "BTC", "--since", since, "--store", "s.sqlite", "--json").json["change"]
        assert (change["since"], change["from_score"]) == (iso(minute(origin)), scores[origin])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["DOGE"], "nothing is known about DOGE"),
        (["$$"], "'$$' is no symbol"),
        (["BTC", "--since", "0"], "--since was 0.0"),
        (["BTC", "--since", "-1"], "--since was -1.0"),
        (["BTC", "--since", "nan"], "--since was nan"),
        (["BTC", "--since", "inf"], "--since was inf"),
        (["BTC", "--since", "1e300"], "--since was 1e+300"),
    ],
)
def test_what_cannot_be_explained_is_code_2(clri, place: Path, words: list[str], says: str) -> None:
    kept(place / "s.sqlite", reading(mode="replay-recorded"))
    said = clri("explain", *words, "--store", "s.sqlite")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("CLRI-DATA-007   ")
    assert says in said.err
