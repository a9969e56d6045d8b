"""The catalogue: whole, true to the registries, and the page made of it is current."""

from pathlib import Path

import pytest

from clri.app.catalogue import catalogue
from clri.app.catalogue_page import NAME, page, write_page
from clri.app.docs_of import documented, warm_up
from clri.collect.venues import VENUES
from clri.detectors import DETECTORS
from clri.observe import ACCUMULATORS
from clri.scores import SCORES
from clri.scores.reading import EXTRA

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
MAKE = "write it anew: python -m clri.app.catalogue_page docs/reference"


@pytest.fixture(scope="module")
def document() -> dict:
    return catalogue()


def names(entries: list[dict]) -> list[str]:
    return [entry["name"] for entry in entries]


def test_the_page_is_what_the_generator_writes(tmp_path: Path) -> None:
    assert (DOCS / NAME).read_text(encoding="utf-8") == page(), MAKE
    assert write_page(tmp_path / "new").read_text(encoding="utf-8") == page()


def test_everything_registered_is_listed(document: dict) -> None:
    assert names(document["scores"]) == list(SCORES)
    assert names(document["detectors"]) == list(DETECTORS)
    assert names(document["inputs"]) == list(ACCUMULATORS)
    assert [venue["venue"] for venue in document["venues"]] == list(VENUES)
    for entry in (*document["scores"], *document["detectors"], *document["models"]):
        assert entry["about"], entry["name"]
        assert entry["source"], entry["name"]
        assert entry["warm_up"], entry["name"]
    for score in document["scores"]:
        assert score["outputs"], score["name"]
        for column in score["outputs"]:
            assert column["unit"], column
            assert column["about"], column


def test_parameters_have_defaults_and_words(document: dict) -> None:
    clri = next(score for score in document["scores"] if score["name"] == "clri")
    params = {param["name"]: param for param in clri["params"]}
    assert params["unknown_below"]["default"] == 0.40
    assert params["weights"]["default"] == (0.25, 0.25, 0.15, 0.20, 0.15)
    silent = [
        f"{entry['name']}.{param['name']}"
        for entry in (*document["scores"], *document["detectors"], *document["models"])
        for param in entry["params"]
        if not param["about"]
    ]
    assert silent == []


def test_columns_say_where_they_stand_in_readings(document: dict) -> None:
    found = {column["name"]: column["published"] for score in document["scores"] for column in score["outputs"]}
    assert found["oi_chg_1h_pct"] == ["oi_change_1h_pct"]
    assert found["funding_percentile"] == ["extra.funding_percentile"]
    assert found["weight_oi"] == ["weights.oi"]
    assert found["regime"] == ["detected_regime"]
    missing = [name for name, column in EXTRA.items() if column in found and f"extra.{name}" not in found[column]]
    assert missing == []


def test_channels_and_calls_of_a_venue(document: dict) -> None:
    okx = next(venue for venue in document["venues"] if venue["venue"] == "okx")
    channels = {channel["channel"]: channel["max_silence_s"] for channel in okx["channels"]}
    assert channels["liquidation-orders"] is None
    assert channels["mark-price"] == 15.0
    assert {"open_interest", "depth"} <= {poll["name"] for poll in okx["polls"]}


def test_warm_up_is_read_from_words() -> None:
    assert warm_up("A. Warm-up: none. B needs 2 d; C.", {}) == "none; B needs 2 d"
    assert warm_up("Nothing.", {}) == "none stated"


def test_parameters_are_read_up_to_the_next_section() -> None:
    text = "X\n\nParameters\n----------\na\n    One.\n\nRaises\n------\nValueError\n    If."
    assert documented(text) == {"a": "One."}


def test_the_command_says_the_same(clri, document: dict) -> None:
    said = clri("catalogue", "--json")
    assert (said.code, said.err) == (0, "")
    assert names(said.json["scores"]) == names(document["scores"])
    assert said.json["words"]["vol_regime"] == ["STABLE", "HIGH_VOL", "EXPLOSIVE", "EXTREME"]
    table = clri("catalogue")
    assert table.code == 0
    for words in ("percentiles", "estimated_levels", "SCORES 2.3", "okx: liquidation-orders"):
        assert words in table.out
