"""`clri export`: stored rows as files, missing never 0, text never a formula."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clri.testing.builders import cascade, liquidation, market_reading, minute, observation, reading
from tests.app.recordings import recording
from tests.app.test_cli_status import kept

KINDS = ("readings", "observations", "market", "liquidations", "cascades")
MODE = {"mode": "replay-recorded"}


@pytest.fixture
def store(place: Path) -> Path:
    """Three minutes of two symbols, with what may be missing and what may be dangerous."""
    items: list = [
        liquidation(ts=minute(0), raw="=cmd|' /C calc'!A0"),
        liquidation(ts=minute(1), raw="BTCUSDT", usd=5e5),
    ]
    items.append(cascade(**MODE))
    for n in range(3):
        items += [observation(ts=minute(n), oi_usd=None, **MODE), reading(ts=minute(n), clri_score=None, **MODE)]
        items += [reading(ts=minute(n), symbol="ETH", price_change_1h_pct=-1.5, params_hash="+1+1", **MODE)]
        items += [market_reading(ts=minute(n), **MODE)]
    return kept(place / "s.sqlite", *items)


def exported(clri, kind: str, form: str, *words: str) -> list[dict]:
    """Rows of an export; cells of CSV are text, missing is ''."""
    path = Path(f"out.{form}")
    said = clri("export", kind, "--format", form, "--out", path, "--store", "s.sqlite", *words)
    assert (said.code, said.out) == (0, ""), said.err
    if form == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    if form == "json":
        return [json.loads(line, parse_constant=str) for line in path.read_text(encoding="utf-8").splitlines()]
    return pl.read_parquet(path).to_dicts()


@pytest.mark.parametrize("kind", KINDS)
def test_all_formats_hold_the_same(clri, store: Path, kind: str) -> None:
    texts, objects, table = (exported(clri, kind, form) for form in ("csv", "json", "parquet"))
    assert len(texts) == len(objects) == len(table) > 0
    assert list(texts[0]) == list(objects[0]) == list(table[0])
    assert next(iter(texts[0])) == "mode"
    assert "ts" in texts[0]
    for text, item, row in zip(texts, objects, table, strict=True):
        assert row["mode"] == item["mode"] == text["mode"] == "replay-recorded"
        for name, value in item.items():
            cell = row[name]
            if value is None:
                assert (text[name], cell) == ("", None)
            elif hasattr(cell, "isoformat"):
                assert value.endswith("Z")
                assert cell.isoformat(timespec="milliseconds").replace("+00:00", "Z") == value == text[name]
            else:
                assert value == cell
                assert text[name].removeprefix("'") == str(value)
                assert isinstance(value, str) or not text[name].startswith("'")


def test_missing_is_empty_or_null_and_never_0(clri, store: Path) -> None:
    for form, nothing in (("csv", ""), ("json", None), ("parquet", None)):
        unknown = [row for row in exported(clri, "readings", form) if row["symbol"] == "BTC"]
        for row in unknown:
            assert row["risk_level"] == "UNKNOWN"
            for name in ("clri_score", "clri_exact", "funding_weight", "oi_contribution", "cascade_score", "basis_pct"):
                assert row[name] == nothing
        assert all(row["oi_usd"] == nothing for row in exported(clri, "observations", form))


def test_text_is_no_formula_and_a_negative_number_is_a_number(clri, store: Path) -> None:
    exported(clri, "liquidations", "csv")
    assert "'=cmd|' /C calc'!A0" in Path("out.csv").read_text(encoding="utf-8")
    assert exported(clri, "liquidations", "json")[0]["raw"] == "=cmd|' /C calc'!A0"
    eth = [row for row in exported(clri, "readings", "csv") if row["symbol"] == "ETH"]
    assert eth[0]["params_hash"] == "'+1+1"
    assert eth[0]["price_change_1h_pct"] == "-1.5"


def test_rows_are_in_order_of_time_and_symbol(clri, store: Path) -> None:
    keys = [(row["ts"], row["symbol"]) for row in exported(clri, "readings", "json")]
    assert keys == sorted(keys)
    assert len(set(keys)) == 6
    events = [row["ts_venue"] for row in exported(clri, "liquidations", "json")]
    assert events == sorted(events)


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (["--symbol", "eth/usdt"], 3),
        (["--from", "2026-09-21T14:15:00Z"], 4),
        (["--from", "2026-09-21T16:15:00+02:00"], 4),
        (["--to", "2026-09-21T14:15:00"], 2),
        (["--from", "2026-09-21 14:15", "--to", "2026-09-21 14:16", "--symbol", "BTC"], 1),
        (["--from", "0001-01-01", "--to", "9999-12-31"], 6),
    ],
)
def test_a_part_of_the_rows(clri, store: Path, words: list[str], rows: int) -> None:
    assert len(exported(clri, "readings", "json", *words)) == rows
    assert exported(clri, "liquidations", "json", "--from", "0001-01-01", "--to", "9999-12-31")


def test_rows_of_the_future_are_rows(clri, place: Path) -> None:
    kept(place / "s.sqlite", reading(ts=minute(6_000_000), **MODE))
    assert exported(clri, "readings", "json")[0]["ts"].startswith("2038-")


def test_the_file_is_named_after_kind_mode_and_span(clri, store: Path) -> None:
    said = clri("export", "readings", "--store", "s.sqlite")
    assert said == (0, "", "6 rows written to clri_readings_replay-recorded_2026-09-21_2026-09-21.csv\n")
    assert Path("clri_readings_replay-recorded_2026-09-21_2026-09-21.csv").is_file()
    kept(Path("only.sqlite"), liquidation())  # no market row tells the mode
    assert "clri_liquidations_replay-recorded_" in clri("export", "liquidations", "--store", "only.sqlite").err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["readings", "--from", "2030-01-01"], "CLRI-DATA-003"),
        (["readings", "--symbol", "DOGE"], "CLRI-DATA-003"),
        (["readings", "--symbol", "@"], "CLRI-DATA-007"),
        (["readings", "--from", "12:00"], "CLRI-DATA-001"),
        (["readings", "--to", ""], "CLRI-DATA-001"),
        (["readings", "--out", "none/x.csv"], "CLRI-DATA-006"),
        (["readings", "--out", "none/x.parquet", "--format", "parquet"], "CLRI-DATA-006"),
        (["readings", "--out", "."], "CLRI-DATA-006"),
        (["readings", "--out", ".", "--format", "parquet"], "CLRI-DATA-006"),
        (["clri_readings; DROP TABLE clri_readings"], "CLRI-CFG-006"),
        (["readings", "--format", "CSV"], "CLRI-CFG-006"),
    ],
)
def test_what_cannot_be_exported_is_code_2(clri, store: Path, words: list[str], code: str) -> None:
    said = clri("export", *words, "--store", "s.sqlite")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{code}   ")
    assert [path for path in store.parent.iterdir() if not path.name.startswith("s.sqlite")] == []


def test_exported_observations_can_be_scored(clri, place: Path) -> None:
    recording(place / "r.jsonl", 63)
    clri("replay", "r.jsonl", "--store", "s.sqlite")
    results = []
    for form, suffix in (("csv", "csv"), ("json", "jsonl"), ("parquet", "parquet")):
        exported(clri, "observations", form)
        Path(f"out.{form}").rename(f"table.{suffix}")
        said = clri("score", f"table.{suffix}", "--out", f"{form}.parquet", "--json")
        assert said.code == 0, said.err
        assert said.json["quarantined_cells"] == {}
        results.append(pl.read_parquet(f"{form}.parquet"))
    stored = pl.DataFrame(exported(clri, "readings", "parquet"))
    columns = [
        "ts",
        "clri_exact",
        "coverage",
        "liquidations_1h_usd",
        "funding_score",
        "oi_score",
        "quality",
        "data_age_s",
    ]
    for result in results:
        assert_frame_equal(result.filter(symbol="BTC").select(columns), stored.select(columns), check_exact=True)
