"""`clri score`: what comes out of a table, and what does not."""

import math
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from clri.app.assemble import build_tier
from clri.collect.table import load_table
from clri.hosts.backtest import backtest
from clri.model.levels import risk_level
from clri.model.reading import COMPONENTS
from tests.app.tables import START, observations, walk

EVENT_TIER = ("cascade_score", "cascade_signal")
CRASHES = {"BTC": [date(2024, 12, 5)], "ETH": [date(2024, 12, 5), date(2025, 2, 3)]}
STEPS = (60, 300, 3_600, 14_400, 86_400, 604_800)


def scored(clri, table: Path | str, *words: str, name: str = "out.parquet") -> tuple[pl.DataFrame, dict]:
    """Readings and summary of a table."""
    said = clri("score", table, "--out", name, "--json", *words)
    assert said.code == 0, said.err
    assert said.err == f"readings written to {name}\n"
    return read(Path(name)), said.json


def read(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    if path.suffix == ".csv":
        return pl.read_csv(path, infer_schema_length=None)
    return pl.read_ndjson(path, infer_schema_length=None)


def saved(frame: pl.DataFrame, name: str = "table.parquet") -> str:
    frame.write_parquet(name)
    return name


def check_readings(found: pl.DataFrame) -> None:
    """What holds for every reading of every table."""
    for row in found.iter_rows(named=True):
        score, exact = row["clri_score"], row["clri_exact"]
        assert (score is None) == (row["risk_level"] == "UNKNOWN") == (row["quality"] == "unknown") == (exact is None)
        assert 0 <= row["coverage"] <= 1 + 1e-9
        assert all(math.isfinite(v) for v in row.values() if isinstance(v, float))
        assert all(row[name] is None for name in EVENT_TIER)
        if score is None:
            assert row["coverage"] < 0.4
            assert row["reasons"]
            continue
        assert 0 <= score <= 100
        assert score == math.floor(exact + 0.5)
        assert row["risk_level"] == risk_level(score)
        assert (row["quality"] == "partial") == (row["coverage"] < 0.6)
        if row["symbol"] != "MARKET":
            assert math.isclose(sum(row[f"{name}_contribution"] for name in COMPONENTS), exact, abs_tol=1e-9)
            assert math.isclose(sum(row[f"{name}_weight"] for name in COMPONENTS), 1.0)


# ---------------------------------------------------------------- the development data
@pytest.mark.dev_data
def test_the_development_table(clri, dev_data: Path) -> None:
    table = dev_data / "history/observations_4h_dev.parquet"
    rows = pl.read_parquet(table)
    found, document = scored(clri, table)
    check_readings(found)
    assert (document["cadence_s"], document["coarse"], document["quarantined_cells"]) == (14_400, True, {})
    assert set(document["symbols"]) == {"BTC", "ETH", "MARKET"}
    assert found["coarse_s"].drop_nulls().unique().to_list() == [14_400]
    for symbol in ("BTC", "ETH"):
        mine, given_rows = found.filter(symbol=symbol), rows.filter(symbol=symbol)
        assert mine["ts"].to_list() == given_rows["ts"].to_list()
        summary = document["symbols"][symbol]
        assert summary["rows"] == len(mine)
        assert summary["unknown"] == mine["clri_score"].null_count() < 60
        assert summary["max"] == mine["clri_score"].max()
        assert sum(summary["bands"].values()) == pytest.approx(1.0)
        assert sum(summary["bands"][level] for level in ("LOW", "MODERATE")) > 0.6
        for name, column in (("imbalance", "bid_depth_usd"), ("oi", "oi_usd")):
            without = mine.filter(given_rows[column].is_null())
            assert without[f"{name}_score"].null_count() == len(without)
            assert (without["coverage"] < 1).all()
        assert mine.filter(given_rows["oi_usd"].is_null())["clri_score"].null_count() == len(mine) - summary["scored"]
        quiet = mine.filter(~mine["ts"].dt.date().is_in(CRASHES[symbol]))["clri_score"]
        for day in CRASHES[symbol]:
            assert mine.filter(mine["ts"].dt.date() == day)["clri_score"].max() > quiet.quantile(0.95)
    late = found.filter(pl.col("ts") > datetime(2025, 1, 1, tzinfo=UTC), symbol="BTC")
    assert (late["coverage"] > 0.999).all()


@pytest.mark.dev_data
def test_two_runs_write_the_same_bytes_and_all_formats_the_same_numbers(clri, dev_data: Path) -> None:
    table = dev_data / "history/observations_4h_dev.parquet"
    frames = {}
    for name in ("a.parquet", "b.parquet", "c.csv", "d.jsonl"):
        frames[name], _ = scored(clri, table, name=name)
    assert Path("a.parquet").read_bytes() == Path("b.parquet").read_bytes()
    whole = frames["a.parquet"]
    times = [name for name, kind in whole.schema.items() if kind == pl.Datetime]
    assert times == ["ts", "valid_until"]
    for name in ("c.csv", "d.jsonl"):
        again = frames[name].with_columns(pl.col(times).str.to_datetime(time_unit="us", time_zone="UTC"))
        if name.endswith("csv"):
            again = again.with_columns(pl.col(pl.String).replace("", None))
        assert_frame_equal(whole, again.select(whole.columns), check_dtypes=False, check_exact=True)


# ---------------------------------------------------------------- cadence
@pytest.mark.parametrize("step", STEPS)
def test_any_cadence(clri, place: Path, step: int) -> None:
    found, document = scored(clri, saved(observations(40, step)))
    check_readings(found)
    assert (document["cadence_s"], document["coarse"]) == (step, step > 3600)
    assert found["coarse_s"].null_count() == (40 if step > 3600 else 120)  # the market has none
    assert found["ts"].dt.epoch("s").unique().sort().to_list() == [START + n * step for n in range(40)]
    ahead = max(120, 2 * step)
    assert ((found["valid_until"] - found["ts"]).dt.total_seconds() == ahead).all()


def test_a_minute_table_scores_after_the_first_hour(clri, place: Path) -> None:
    found, _ = scored(clri, saved(observations(90, 60, ("BTC",))))
    known = found.filter(symbol="BTC")["clri_score"].is_not_null().to_list()
    assert known == [n >= 60 for n in range(90)]
    last = found.filter(symbol="BTC").tail(1).row(0, named=True)
    assert last["coverage"] == pytest.approx(0.5)  # the absolute terms alone
    assert last["quality"] == "partial"


def test_spans_shorter_than_a_coarse_row_become_one_row(clri, place: Path) -> None:
    table = walk("BTC", 3, 14_400).with_columns(
        funding_rate_8h=pl.Series([1e-4, 2e-4, -3e-4]),
        price=pl.Series([100.0, 110.0, 99.0]),
        oi_usd=pl.Series([1e9, 1.21e9, 1e9]),
        liq_long_usd=pl.Series([0.0, 3e6, 1e6]),
        liq_short_usd=pl.Series([0.0, 1e6, 0.0]),
        bid_depth_usd=pl.Series([3e6, 3e6, 0.0]),
        ask_depth_usd=pl.Series([1e6, 3e6, 0.0]),
    )
    found, _ = scored(clri, saved(table))
    rows = found.filter(symbol="BTC").to_dicts()
    second = rows[1]
    assert second["oi_change_1h_pct"] == pytest.approx(100 * (1.21e9 / 110 / 1e7 - 1))  # 10 % more coins in a row
    assert second["price_change_1h_pct"] == pytest.approx(10.0)
    assert second["liquidations_1h_usd"] == 4e6
    assert second["liquidations_5m_usd"] == 4e6 / 4 / 2
    assert second["oi_score"] == pytest.approx(50.0)  # 10 % against 10 % times the root of 4 hours
    assert second["liquidation_score"] == pytest.approx(4e6 / (0.0025 * 4 * 1.21e9) * 100)
    assert second["funding_score"] == pytest.approx(20.0)
    assert [row["imbalance_score"] for row in rows] == [50.0, 0.0, None]
    assert rows[2]["funding_score"] == pytest.approx(30.0)
    assert rows[2]["oi_score"] == 0.0  # falling open interest never raises risk
    assert second["volume_score"] is None
    assert second["coverage"] == pytest.approx(0.25 * 0.4 + 0.25 * 0.6 + 0.20 * 0.5 + 0.15)


def test_a_coarse_history_speaks_after_its_rows(clri, place: Path) -> None:
    found, _ = scored(clri, saved(observations(60, 14_400, ("BTC",))))
    mine = found.filter(symbol="BTC")
    assert mine["volume_score"].is_not_null().arg_true()[0] == 5 + 12  # a day of turnover, then 2 days of samples
    assert mine["funding_z"].is_not_null().arg_true()[0] == 42
    assert mine["coverage"][-1] == pytest.approx(1.0)
    assert mine["quality"].to_list()[-1] == "ok"


# ---------------------------------------------------------------- what a table may lack
@pytest.mark.parametrize(
    ("lacks", "component"),
    [
        (["funding_rate_8h"], "funding"),
        (["oi_usd"], "oi"),
        (["spot_volume_usd"], "volume"),
        (["perp_volume_usd"], "volume"),
        (["liq_long_usd"], "liquidation"),
        (["liq_short_usd"], "liquidation"),
        (["bid_depth_usd"], "imbalance"),
        (["ask_depth_usd"], "imbalance"),
    ],
)
def test_a_column_that_is_not_there_is_a_component_that_is_missing(
    clri, place: Path, lacks: list[str], component: str
) -> None:
    found, _ = scored(clri, saved(observations().drop(lacks)))
    check_readings(found)
    mine = found.filter(pl.col("symbol") != "MARKET")
    assert mine[f"{component}_score"].null_count() == len(mine)
    assert (mine[f"{component}_weight"].drop_nulls() == 0.0).all()
    assert mine["coverage"].max() < 0.91
    assert mine["clri_score"].drop_nulls().len() > 50
    assert f"{component}: no data" in mine["reasons"][-1]


def test_the_ratio_is_no_part_of_coverage_but_of_direction(clri, place: Path) -> None:
    whole, _ = scored(clri, saved(observations()))
    without, _ = scored(clri, saved(observations().drop("long_short_ratio")))
    assert whole["coverage"].to_list() == without["coverage"].to_list()
    assert whole["clri_exact"].to_list() == without["clri_exact"].to_list()
    assert whole["direction_value"].to_list() != without["direction_value"].to_list()


def test_funding_alone_is_not_enough(clri, place: Path) -> None:
    found, document = scored(clri, saved(observations().select("ts", "symbol", "funding_rate_8h")))
    assert found["clri_score"].null_count() == len(found)
    assert found["risk_level"].unique().to_list() == ["UNKNOWN"]
    summary = document["symbols"]["BTC"]
    assert (summary["scored"], summary["unknown"]) == (0, 60)
    assert "max" not in summary


def test_one_symbol_alone_scores_as_in_company(clri, place: Path) -> None:
    three = observations(60, 14_400, ("ADA", "BTC", "ETH"))
    together, _ = scored(clri, saved(three))
    alone, _ = scored(clri, saved(three.filter(symbol="BTC")))
    assert_frame_equal(
        together.filter(symbol="BTC").drop("pct_market"),
        alone.filter(symbol="BTC").drop("pct_market"),
        check_exact=True,
    )
    assert alone.filter(symbol="MARKET")["clri_exact"].drop_nulls().to_list() == pytest.approx(
        alone.filter(symbol="BTC")["clri_exact"].drop_nulls().to_list()
    )


def test_how_a_table_is_written_changes_no_number(clri, place: Path) -> None:
    table = observations(30)
    plain, _ = scored(clri, saved(table))
    written = table.sample(fraction=1.0, shuffle=True, seed=5).with_columns(
        pl.col("ts").dt.convert_time_zone("America/New_York").dt.strftime("%Y-%m-%dT%H:%M:%S%:z"),
        pl.col("symbol").replace({"BTC": "btc/usdt:usdt", "ETH": "ETH-USDT-SWAP"}),
        pl.lit("=cmd").alias("note\x1b[31m"),
    )
    written.select(sorted(written.columns)).write_csv("other.csv")
    other, document = scored(clri, "other.csv")
    assert_frame_equal(plain, other, check_exact=True)
    assert document["unused_columns"] == ["note\x1b[31m"]
    assert "columns not used: 'note\\x1b[31m'" in clri("score", "other.csv").out


def test_a_gap_is_missing_input_and_no_row(clri, place: Path) -> None:
    row = pl.int_range(pl.len()).over("symbol")
    there = (pl.col("symbol") == "ETH") & ~row.is_between(60, 90) | (pl.col("symbol") == "BTC") & ~row.is_between(
        60, 70
    )
    found, document = scored(clri, saved(observations(120).filter(there)))
    check_readings(found)
    rows = {"BTC": 109, "ETH": 89, "MARKET": 109}  # the market has a row where any symbol has one
    assert {name: found.filter(symbol=name).height for name in rows} == rows
    assert {name: summary["rows"] for name, summary in document["symbols"].items()} == rows
    after = found.filter(symbol="BTC")[60].row(0, named=True)
    assert after["oi_change_1h_pct"] is None
    assert after["perp_volume_24h"] is None
    assert "liquidation" not in "".join(after["reasons"] or "")


def test_bad_cells_are_told(clri, place: Path) -> None:
    bad = pl.when(pl.int_range(pl.len()) % 10 == 3)
    table = observations().with_columns(
        oi_usd=bad.then(float("inf")).otherwise("oi_usd"),
        price=bad.then(-1.0).otherwise("price"),
        funding_rate_8h=bad.then(float("nan")).otherwise("funding_rate_8h"),
        bid_depth_usd=bad.then(1e300).otherwise("bid_depth_usd"),
    )
    found, document = scored(clri, saved(table))
    check_readings(found)
    assert document["quarantined_cells"] == dict.fromkeys(("price", "funding_rate_8h", "oi_usd", "bid_depth_usd"), 12)
    bad_rows = found.filter(symbol="BTC")[3::10]
    for name in (
        "price",
        "open_interest",
        "funding_rate",
        "bid_depth_usd",
        "funding_score",
        "oi_score",
        "imbalance_score",
    ):
        assert bad_rows[name].null_count() == len(bad_rows)
    words = clri("score", "table.parquet").out
    assert "12 impossible cells of price were taken as missing" in words


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("data", "suffix", "code"),
    [
        (b"", ".parquet", "CLRI-DATA-002"),
        (b"", ".csv", "CLRI-DATA-002"),
        (b"PAR1 is not enough PAR1", ".parquet", "CLRI-DATA-002"),
        (b"\x1b[31m\x00\x07" * 99, ".csv", "CLRI-DATA-004"),
        (b"ts,symbol,price\n", ".csv", "CLRI-DATA-003"),
        (b"ts,symbol,price\n1735689600,BTC,high\n", ".csv", "CLRI-DATA-004"),
        (b"ts,symbol,price\n1735689600,BTC,1\n1735689600,BTCUSDT,1\n", ".csv", "CLRI-DATA-004"),
        (b"time,symbol,price\n1735689600,BTC,1\n", ".csv", "CLRI-DATA-004"),
        (b"ts,symbol\n1735689600,BTC\n7258118400,BTC\n1735689660,BTC\n", ".csv", "CLRI-DATA-005"),
        (b"what", ".xlsx", "CLRI-DATA-004"),
    ],
)
def test_what_is_no_table_is_code_2(clri, place: Path, data: bytes, suffix: str, code: str) -> None:
    (place / f"t{suffix}").write_bytes(data)
    said = clri("score", f"t{suffix}", "--out", "out.csv")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{code}   ")
    assert "Traceback" not in said.err
    assert said.err.replace("\n", "").isprintable()
    assert not (place / "out.csv").exists()


@pytest.mark.parametrize(
    "name", ["out.txt", "out", "none/out.csv", "none/out.parquet", "none/out.jsonl", "table.parquet", "."]
)
def test_where_nothing_can_be_written(clri, place: Path, name: str) -> None:
    table = saved(observations(3))
    before = Path(table).read_bytes()
    said = clri("score", table, "--out", name)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("CLRI-")
    assert Path(table).read_bytes() == before


@pytest.mark.parametrize("name", ["full.csv", "full.jsonl", "full.parquet"])
def test_a_full_disk_is_no_bug(clri, place: Path, name: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    (place / name).symlink_to("/dev/full")
    said = clri("score", saved(observations(3)), "--out", name)
    assert said.code == 2
    assert said.err.startswith("CLRI-DATA-006   cannot write full.")


# ---------------------------------------------------------------- words
def test_one_row_is_an_answer(clri, place: Path) -> None:
    found, document = scored(clri, saved(observations(1)))
    assert found["symbol"].to_list() == ["BTC", "ETH", "MARKET"]
    assert found["clri_score"].null_count() == 3
    assert (document["cadence_s"], document["from"]) == (60, document["to"])
    assert clri("score", "table.parquet").code == 0


@pytest.mark.parametrize("columns", [None, "80", "130"])
def test_the_table_is_plain_and_nothing_is_cut(
    clri, place: Path, monkeypatch: pytest.MonkeyPatch, columns: str | None
) -> None:
    name = saved(observations(50), "[red]a name that is no markup :smile:.parquet")
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    said = clri("score", name)
    assert (said.code, said.err) == (0, "")
    assert "\x1b" not in said.out
    assert "…" not in said.out
    assert "[red]a name" in said.out
    assert ":smile:" in said.out
    assert "RECORDED DATA; event-tier numbers are missing in a table" in said.out
    assert ("MODERATE" in said.out) == (columns != "80")


def test_quiet_says_nothing_on_stderr(clri, place: Path) -> None:
    assert clri("-q", "score", saved(observations(3)), "--out", "out.csv").err == ""


# ---------------------------------------------------------------- any table
EXTREME = [0.0, 5e-324, 1e-13, 1e-12, 1e-6, 1.0, 1e9, 1e12, 1e13, 1e300, math.inf, math.nan, -1.0, None, 0.4, -0.4]


@given(
    step=st.sampled_from([60, 3_600, 14_400]),
    lacks=st.sets(st.sampled_from(walk("BTC", 1, 60).columns[2:])),
    cells=st.lists(st.tuples(st.integers(0, 79), st.integers(2, 11), st.sampled_from(EXTREME)), max_size=60),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_table_makes_a_number_that_is_none(tmp_path: Path, step: int, lacks: set[str], cells: list) -> None:
    columns = observations(40, step).to_dict(as_series=False)
    for row, column, value in cells:
        columns[list(columns)[column]][row] = value
    pl.DataFrame(columns, strict=False).drop(lacks).write_parquet(tmp_path / "t.parquet")
    loaded = load_table(tmp_path / "t.parquet").table
    for readings, market, _ in backtest(loaded, build_tier(loaded.symbols, loaded.cadence), "replay-recorded"):
        for reading in readings:
            assert (reading.clri_score is None) == (reading.risk_level == "UNKNOWN") == (not reading.contributions)
            assert reading.clri_score is None or 0 <= reading.clri_score <= 100
            assert all(score is None or 0 <= score <= 100 for score in reading.component_scores.values())
        for item in (*readings, market):
            assert all(math.isfinite(v) for v in numbers(msgspec.to_builtins(item)))


def numbers(value) -> list[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [n for part in value for n in numbers(part)]
    return [value] if isinstance(value, float) else []
