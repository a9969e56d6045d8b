"""Export files: the same rows in every format, piece by piece, and no text that runs."""

import csv
import json
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clri.deliver.exports import EXPORTS, writer_of
from clri.deliver.exports.flat import export_rows
from clri.deliver.exports.writers import CsvFile, JsonFile, ParquetFile, columns_of
from clri.model.errors import ConfigError, InputError
from clri.model.reading import COMPONENTS
from clri.testing.builders import cascade, liquidation, market_reading, minute, observation, reading

HEADER = {"mode": "live"}


def written(path: Path, *pieces: list[dict]) -> Path:
    with writer_of(path.suffix[1:])(path, HEADER) as file:
        for piece in pieces:
            file.write(piece)
    return path


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


# ---------------------------------------------------------------- registry
def test_the_registry_is_complete_and_says_what_there_is() -> None:
    assert {"csv": CsvFile, "json": JsonFile, "jsonl": JsonFile, "parquet": ParquetFile} == EXPORTS
    with pytest.raises(ConfigError, match="'xlsx'; expected one of csv, json, jsonl, parquet") as caught:
        writer_of("xlsx")
    assert (caught.value.code, caught.value.exit_code) == ("CLRI-CFG-006", 2)


# ---------------------------------------------------------------- flat rows
def test_a_reading_is_one_row_of_plain_cells() -> None:
    (row,) = export_rows([reading(reasons=["oi: no data"], extra={"liq_z": 1.5, "volume_z": None})])
    assert (row["symbol"], row["ts"], row["mode"]) == ("BTC", "2026-09-21T14:14:00.000Z", "live")
    assert row["valid_until"] == "2026-09-21T14:16:00.000Z"
    assert row["reasons"] == '["oi: no data"]'
    assert (row["liq_z"], row["volume_z"]) == (1.5, None)
    for name in COMPONENTS:
        assert row[f"{name}_score"] == 72.0
        assert row[f"{name}_quality"] == "ok"
    assert not {"k", "component_scores", "weights", "contributions", "component_quality", "extra"} & row.keys()
    assert all(isinstance(value, str | int | float | None) for value in row.values())


def test_an_unknown_reading_has_no_number_for_what_is_missing() -> None:
    (row,) = export_rows([reading(clri_score=None)])
    assert row["risk_level"] == "UNKNOWN"
    names = (
        "clri_score",
        "clri_exact",
        "direction",
        *(f"{n}_{what}" for n in COMPONENTS for what in ("weight", "score")),
    )
    assert {row[name] for name in names} == {None}


def test_the_market_is_a_row_among_the_readings() -> None:
    known, unknown = export_rows([market_reading(), market_reading(market_clri=None)])
    assert (known["symbol"], known["clri_score"], known["detected_regime"]) == ("MARKET", 64, "NORMAL")
    assert (unknown["clri_score"], unknown["clri_exact"], unknown["risk_level"]) == (None, None, "UNKNOWN")
    assert known.keys() <= export_rows([reading()])[0].keys()


def test_every_struct_keeps_its_own_names() -> None:
    for item in (observation(), liquidation(), cascade()):
        (row,) = export_rows([item])
        assert set(row) == set(item.__struct_fields__)
        assert all(isinstance(value, str | int | float | None) for value in row.values())
        assert row["ts"].endswith("Z")
    assert json.loads(export_rows([cascade(venues={"okx": 1.5})])[0]["venues"]) == {"okx": 1.5}


# ---------------------------------------------------------------- CSV
@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")']
)
def test_text_that_would_run_gets_an_apostrophe(tmp_path: Path, text: str) -> None:
    assert cells(written(tmp_path / "f.csv", [{"a": text, "b": "x" + text}])) == [["a", "b"], ["'" + text, "x" + text]]


@pytest.mark.parametrize("value", [-1, -1.5, 0.1 + 0.2, 1e-300, -0.0, 2**62, True])
def test_numbers_stay_numbers(tmp_path: Path, value: float) -> None:
    assert cells(written(tmp_path / "f.csv", [{"a": value}])) == [["a"], [str(value)]]


def test_missing_is_empty_and_text_is_kept_whole(tmp_path: Path) -> None:
    text = 'a "b", c\nd ä — \u2028'
    path = written(tmp_path / "f.csv", [{"a": None, "b": text, "c": 0}], [{"b": "", "c": None}])
    assert cells(path) == [["a", "b", "c"], ["", text, "0"], ["", "", ""]]


def test_the_first_piece_fixes_the_columns(tmp_path: Path) -> None:
    path = written(tmp_path / "f.csv", [{"a": 1}, {"a": 2, "b": 3}], [{"b": 4, "z": 5}])
    assert cells(path) == [["a", "b"], ["1", ""], ["2", "3"], ["", "4"]]
    assert columns_of([]) == []


# ---------------------------------------------------------------- all formats
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
kinds = st.sampled_from([st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
                         st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"))])  # fmt: skip


@st.composite
def tables(draw) -> list[dict]:
    """Rows whose columns hold one kind of value each, or nothing."""
    columns = {name: st.none() | draw(kinds) for name in draw(st.sets(st.sampled_from("abcdef"), min_size=1))}
    return draw(st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=20))


@given(tables(), st.integers(1, 7))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_in_pieces_reads_back_equal(tmp_path: Path, rows: list[dict], size: int) -> None:
    pieces = [rows[at : at + size] for at in range(0, len(rows), size)]
    texts = written(tmp_path / "f.jsonl", *pieces).read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(text) for text in texts] == rows
    assert pl.read_parquet(written(tmp_path / "f.parquet", *pieces)).to_dicts() == rows
    names, *lines = cells(written(tmp_path / "f.csv", *pieces))
    for row, line in zip(rows, lines, strict=True):
        for name, cell in zip(names, line, strict=True):
            value = row[name]
            safe = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t"))
            assert cell == ("'" * safe + str(value) if value is not None else "")


def test_parquet_has_timestamps_and_says_its_mode(tmp_path: Path) -> None:
    items = [observation(next_funding_ts=None), observation(ts=minute(1))]
    path = written(tmp_path / "f.parquet", *[[row] for row in export_rows(items)])
    assert pl.read_parquet_metadata(path)["mode"] == "live"
    frame = pl.read_parquet(path)
    assert {name for name, kind in frame.schema.items() if kind == pl.Datetime("us", "UTC")} == {
        "ts",
        "next_funding_ts",
    }
    assert frame["next_funding_ts"].null_count() == 1
    for item in (cascade(ended_at=None), liquidation(), reading(), market_reading()):
        rows = export_rows([item])
        schema = pl.read_parquet(written(tmp_path / "g.parquet", rows)).schema
        for name, value in rows[0].items():
            if isinstance(value, str) and value.endswith("Z") and value[4:5] == "-":
                assert schema[name] == pl.Datetime("us", "UTC"), name


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_no_rows_make_an_empty_file(tmp_path: Path, suffix: str) -> None:
    assert written(tmp_path / f"f.{suffix}").exists()


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("place", ["none/f", "folder"])
def test_where_nothing_can_be_written(tmp_path: Path, suffix: str, place: str) -> None:
    (tmp_path / f"folder.{suffix}").mkdir()
    with pytest.raises(InputError, match="cannot write") as caught:
        written(tmp_path / f"{place}.{suffix}", [{"a": 1}])
    assert (caught.value.code, caught.value.exit_code) == ("CLRI-DATA-006", 2)


def test_a_failure_while_writing_leaves_no_parquet(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), ParquetFile(tmp_path / "f.parquet", HEADER) as file:
        file.write([{"a": 1 / 0}])
    assert not (tmp_path / "f.parquet").exists()


def test_parquet_without_polars_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ConfigError, match="polars") as caught:
        ParquetFile(tmp_path / "f.parquet", HEADER)
    assert caught.value.hint == "pip install 'clri[frames]'"
    assert written(tmp_path / "f.csv", [{"a": 1}]).exists()
