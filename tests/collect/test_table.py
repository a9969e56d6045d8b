"""Tables of observations: any spelling of time and symbol in, one grid out, impossible cells missing."""

import math
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clri.collect import table as module
from clri.collect.table import LoadedTable, load_table
from clri.collect.table_columns import _day_sum
from clri.collect.table_ranges import out_of_range
from clri.model.errors import InputError
from clri.model.observation import NUMBERS

START = 1_735_689_600
"""2025-01-01T00:00:00Z, s."""

AT = {name: at for at, name in enumerate(NUMBERS)}
WRITERS = {".parquet": "write_parquet", ".csv": "write_csv", ".jsonl": "write_ndjson"}


def frame(rows: int = 6, step: int = 4 * 3600, symbol: str = "BTC", **columns) -> pl.DataFrame:
    """Rows of one symbol with a price; further columns by name."""
    ts = [datetime.fromtimestamp(START + n * step, UTC) for n in range(rows)]
    data = {"ts": ts, "symbol": [symbol] * rows, "price": [100.0 + n for n in range(rows)]}
    return pl.DataFrame(data | columns, strict=False)


def loaded(tmp_path: Path, what: pl.DataFrame | bytes | str, suffix: str = ".parquet") -> LoadedTable:
    path = tmp_path / f"table{suffix}"
    if isinstance(what, pl.DataFrame):
        getattr(what, WRITERS[suffix])(path)
    else:
        path.write_bytes(what.encode() if isinstance(what, str) else what)
    return load_table(path)


def refused(tmp_path: Path, what: pl.DataFrame | bytes | str, suffix: str = ".parquet") -> InputError:
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, what, suffix)
    assert caught.value.exit_code == 2
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def column(found: LoadedTable, name: str, lane: int = 0) -> list[float | None]:
    return [None if v != v else v for v in found.table.values[AT[name], :, lane].tolist()]


# ---------------------------------------------------------------- time
SPELLINGS = {
    "s": lambda ts: ts.dt.epoch("s"),
    "ms": lambda ts: ts.dt.epoch("ms"),
    "us": lambda ts: ts.dt.epoch("us"),
    "ns": lambda ts: ts.dt.epoch("ns"),
    "unsigned": lambda ts: ts.dt.epoch("s").cast(pl.UInt64),
    "short": lambda ts: ts.dt.epoch("s").cast(pl.Int32),
    "no zone": lambda ts: ts.dt.replace_time_zone(None),
    "other zone": lambda ts: ts.dt.convert_time_zone("Asia/Kolkata"),
    "timestamp ms": lambda ts: ts.dt.cast_time_unit("ms"),
    "timestamp ns": lambda ts: ts.dt.cast_time_unit("ns"),
    "ISO": lambda ts: ts.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
    "ISO, no zone": lambda ts: ts.dt.strftime("%Y-%m-%d %H:%M:%S"),
    "ISO, minutes": lambda ts: ts.dt.strftime("%Y-%m-%dT%H:%MZ"),
    "ISO, offset": lambda ts: ts.dt.convert_time_zone("Asia/Kolkata").dt.strftime("%Y-%m-%dT%H:%M:%S%:z"),
}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_time_is_the_same_instant(tmp_path: Path, spelling: str, suffix: str) -> None:
    found = loaded(tmp_path, frame().with_columns(SPELLINGS[spelling](pl.col("ts"))), suffix)
    assert [found.table.ts(row) for row in range(6)] == [(START + n * 14_400) * 10**9 for n in range(6)]
    assert column(found, "price") == [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]


def test_a_date_is_its_first_moment(tmp_path: Path) -> None:
    for suffix in WRITERS:
        found = loaded(tmp_path, frame(step=86_400).with_columns(pl.col("ts").dt.date()), suffix)
        assert (found.table.ts(0), found.table.cadence.step_s) == (START * 10**9, 86_400)


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ([START, START + 60, None], "1 rows have no ts"),
        ([START * 1.0, START + 60.0, START + 120.0], "Float64"),
        (["2025-01-01T00:00Z", "soon", "2025-01-01T00:02Z"], "soon"),
        ([True, False, True], "Boolean"),
        ([[START], [START], [START]], "List"),
        ([START, START + 60, (START + 120) * 1000], "digits"),
        ([0, START, START + 60], "digits"),
        ([-START, START, START + 60], "digits"),
        ([10**18 - 10**9, 10**18, 10**18 + 10**9], "digits"),
        ([99_999_999, 99_999_990, 99_999_980], "digits"),
        (["1970-01-01T00:00Z", "2025-01-01T00:00Z", "2025-01-01T00:01Z"], "1970-01-01"),
        (["2025-01-01T00:00Z", "2025-01-01T00:01Z", "9999-12-31T00:00Z"], "2262"),
        (
            [datetime(1600, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)],
            "1970-01-01",
        ),
        (
            [datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)],
            "2262",
        ),
        ([timedelta(1), timedelta(2), timedelta(3)], "is no time"),
    ],
)
def test_what_is_no_time_is_refused(tmp_path: Path, times: list, says: str) -> None:
    assert says in str(refused(tmp_path, frame(3).with_columns(pl.Series("ts", times, strict=False))))


@pytest.mark.parametrize(("step", "coarse"), [(60, False), (300, False), (3600, False), (14_400, True), (86_400, True)])
def test_the_cadence_is_the_usual_distance_of_rows(tmp_path: Path, step: int, coarse: bool) -> None:
    whole = frame(40, step)
    with_gaps = whole.filter(~pl.int_range(pl.len()).is_in([3, 4, 5, 20]))
    two = pl.concat([with_gaps, frame(40, step, "ETH").filter(pl.int_range(pl.len()) > 9)])
    found = loaded(tmp_path, two.sample(fraction=1.0, shuffle=True, seed=7))
    assert (found.table.cadence.step_s, found.table.cadence.coarse, found.table.height) == (step, coarse, 40)
    assert np.flatnonzero(~found.table.present[:, 0]).tolist() == [3, 4, 5, 20]
    assert found.table.present[:, 1].tolist() == [n > 9 for n in range(40)]
    assert column(found, "price")[:7] == [100.0, 101.0, 102.0, None, None, None, 106.0]


@pytest.mark.parametrize("step", [1, 30, 59])
def test_rows_closer_than_a_minute_are_refused(tmp_path: Path, step: int) -> None:
    assert f"{step} s apart" in str(refused(tmp_path, frame(step=step)))


def test_one_row_is_a_minute(tmp_path: Path) -> None:
    for suffix in WRITERS:
        found = loaded(tmp_path, frame(1), suffix)
        assert (found.table.height, found.table.cadence.step_s) == (1, 60)


def test_all_rows_may_lie_past_the_grid_by_the_same_time(tmp_path: Path) -> None:
    found = loaded(tmp_path, frame().with_columns(pl.col("ts") + pl.duration(minutes=17)))
    assert [found.table.ts(n) - START * 10**9 for n in range(2)] == [17 * 60 * 10**9, (14_400 + 17 * 60) * 10**9]


@pytest.mark.parametrize("past", [timedelta(seconds=1), timedelta(minutes=30), timedelta(seconds=-1)])
def test_a_row_off_the_grid_is_refused_for_its_reading_would_bear_another_time(tmp_path: Path, past: timedelta) -> None:
    one = pl.when(pl.int_range(pl.len()) == 3).then(pl.col("ts") + past).otherwise(pl.col("ts"))
    error = refused(tmp_path, frame(8).with_columns(ts=one))
    assert "1 rows lie off the grid of 14400 s" in str(error)
    assert error.hint


def test_a_wrong_time_does_not_take_all_memory(tmp_path: Path) -> None:
    far = frame(1).with_columns(ts=datetime(2250, 1, 1, tzinfo=UTC))
    error = refused(tmp_path, pl.concat([frame(step=60), far]))
    assert error.code == "CLRI-DATA-005"
    assert "4000000" in str(error)


# ---------------------------------------------------------------- symbols
def test_every_spelling_of_a_symbol_is_one_lane(tmp_path: Path) -> None:
    names = ["BTCUSDT", "btc/usdt:usdt", "BTC-USDT-SWAP", "btc", "BTC_USDT", "BTC-PERP"]
    assert loaded(tmp_path, frame(symbol=names[0]).with_columns(symbol=pl.Series(names))).table.symbols == ("BTC",)
    assert loaded(tmp_path, frame().with_columns(pl.col("symbol").cast(pl.Categorical))).table.symbols == ("BTC",)


def test_lanes_are_in_order_of_names(tmp_path: Path) -> None:
    tables = [
        frame(symbol=name).with_columns(price=pl.lit(float(n))) for n, name in enumerate(("sol", "BTC", "ethusdt"))
    ]
    found = loaded(tmp_path, pl.concat(tables))
    assert found.table.symbols == ("BTC", "ETH", "SOL")
    assert [column(found, "price", lane)[0] for lane in range(3)] == [1.0, 2.0, None]


@pytest.mark.parametrize(
    ("name", "says"), [(None, "no symbol"), ("", "''"), ("  ", "'  '"), ("=1+1", "=1+1"), ("MARKET", "MARKET")]
)
def test_what_is_no_symbol_is_refused(tmp_path: Path, name: str | None, says: str) -> None:
    assert says in str(refused(tmp_path, frame().with_columns(symbol=pl.Series([name, *["BTC"] * 5]))))


@pytest.mark.parametrize("symbol", ["BTC", "btcusdt"])
def test_two_rows_of_one_symbol_at_one_time_are_refused(tmp_path: Path, symbol: str) -> None:
    error = refused(tmp_path, pl.concat([frame(), frame(1, symbol=symbol)]))
    assert "several rows of BTC fall on 2025-01-01T00:00:00" in str(error)


# ---------------------------------------------------------------- columns and cells
def test_cells_that_cannot_be_are_missing_and_counted(tmp_path: Path) -> None:
    price = [float("nan"), float("inf"), -float("inf"), -1.0, 0.0, 1e30, 5e-324, 60_000.0, None]
    rate = [0.0, -0.0001, 0.41, -0.41, float("nan"), 0.4, -0.4, 1e-18, None]
    oi = [0.0, -0.0, -1.0, 1e12, 1.1e12, 1e-300, float("nan"), float("inf"), None]
    cover = [0.0, 1.0, 1.1, -0.1, float("nan"), 0.5, 1e-15, 1.0, None]
    data = {"price": price, "funding_rate_8h": rate, "oi_usd": oi, "cov_oi": cover, "age_oi_s": [-1.0, *[1.0] * 8]}
    found = loaded(tmp_path, frame(9, **data))
    assert column(found, "price") == [None] * 7 + [60_000.0, None]
    assert column(found, "funding_8h") == [0.0, -0.0001, None, None, None, 0.4, -0.4, 1e-18, None]
    assert column(found, "oi_usd") == [0.0, 0.0, None, 1e12, None, None, None, None, None]
    assert column(found, "cov_oi") == [0.0, 1.0, None, None, None, 0.5, 1e-15, 1.0, None]
    assert found.quarantined == {"price": 7, "funding_rate_8h": 3, "oi_usd": 5, "cov_oi": 3, "age_oi_s": 1}


@pytest.mark.parametrize("suffix", WRITERS)
def test_missing_is_not_counted(tmp_path: Path, suffix: str) -> None:
    found = loaded(tmp_path, frame(oi_usd=[None, 1e9, None, 1e9, 1e9, 1e9]), suffix)
    assert column(found, "oi_usd") == [None, 1e9, None, 1e9, 1e9, 1e9]
    assert found.quarantined == {}


def test_numbers_as_text_are_numbers_and_words_are_refused(tmp_path: Path) -> None:
    for suffix in WRITERS:
        found = loaded(
            tmp_path, frame(oi_usd=["1e9", "2e9", "nan", "inf", None, "123456789012345678901234567890"]), suffix
        )
        assert column(found, "oi_usd") == [1e9, 2e9, None, None, None, None]
        assert found.quarantined == {"oi_usd": 3}
        assert "abc" in str(refused(tmp_path, frame(oi_usd=["1e9", "abc", "1", "1", "1", "1"]), suffix))
    assert "price" in str(refused(tmp_path, frame(price=[[1.0]] * 6)))


def test_columns_that_are_not_ours_are_named(tmp_path: Path) -> None:
    found = loaded(tmp_path, frame(mode="live", note=[[1]] * 6, oi_index=[5.0] * 6))
    assert found.unused == ["mode", "note"]
    assert column(found, "oi_index") == [5.0] * 6


def test_a_field_under_both_its_names_counts_once(tmp_path: Path) -> None:
    for order in (["funding_8h", "funding_rate_8h"], ["funding_rate_8h", "funding_8h"]):
        data = {"funding_8h": 1e-4, "funding_rate_8h": 9e-4}
        found = loaded(tmp_path, frame(**{name: data[name] for name in order}))
        assert column(found, "funding_8h") == [1e-4] * 6
        assert found.unused == ["funding_rate_8h"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_column_that_begins_late_or_turns_into_fractions_is_read_whole(tmp_path: Path, suffix: str) -> None:
    late = [None] * 250 + [1e9] * 50
    table = frame(300, 60, oi_usd=late).with_columns(price=pl.Series([1] * 299 + [1]))
    text = getattr(table, WRITERS[suffix])().splitlines()
    if suffix == ".jsonl":
        text = [line.replace(',"oi_usd":null', "") for line in text]
    text[-1] = text[-1].replace(",1,", ",1.5,").replace('"price":1,', '"price":1.5,')
    found = loaded(tmp_path, "\n".join(text) + "\n", suffix)
    assert column(found, "oi_usd") == late
    assert column(found, "price") == [1.0] * 299 + [1.5]


def test_evidence_follows_from_the_cells_unless_it_is_there(tmp_path: Path) -> None:
    found = loaded(tmp_path, frame(oi_usd=[None, 1e9, 1e9, 1e9, 1e9, 1e9], cov_price=[0.5] * 6))
    assert column(found, "cov_oi") == [None, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert column(found, "age_oi_s") == [None, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert column(found, "cov_price") == [0.5] * 6
    assert column(found, "cov_book") == [None] * 6


def test_the_index_is_oi_index_else_oi_base_else_coins_of_the_usd(tmp_path: Path) -> None:
    usd, coins, index = {"oi_usd": [1e6] * 6}, {"oi_base": [7.0] * 6}, {"oi_index": [3.0] * 6}
    assert column(loaded(tmp_path, frame(**usd, **coins, **index)), "oi_index") == [3.0] * 6
    assert column(loaded(tmp_path, frame(**usd, **coins)), "oi_index") == [7.0] * 6
    assert column(loaded(tmp_path, frame(**usd)), "oi_index")[:2] == [1e4, 1e6 / 101]
    assert column(loaded(tmp_path, frame()), "oi_index") == [None] * 6


def test_an_index_that_cannot_be_is_not_derived(tmp_path: Path) -> None:
    found = loaded(tmp_path, frame(oi_usd=[1e12, 0.0, 1e6, 1e6, 1e6, 1e6], price=[1e-10, 1.0, 100.0, None, 1e9, 1.0]))
    assert column(found, "oi_index") == [None, None, 1e4, None, 1e-3, 1e6]


@pytest.mark.parametrize(("step", "rows"), [(3600, 24), (14_400, 6), (86_400, 1)])
def test_turnover_of_a_row_is_summed_over_a_day(tmp_path: Path, step: int, rows: int) -> None:
    volume = [float(n + 1) for n in range(30)]
    volume[2] = None
    found = loaded(tmp_path, frame(30, step, perp_volume_usd=volume))
    want = [
        None if end < rows or None in volume[end - rows : end] else sum(volume[end - rows : end])
        for end in range(1, 31)
    ]
    assert column(found, "perp_volume_24h_usd") == want


def test_turnover_of_a_day_is_taken_as_it_is(tmp_path: Path) -> None:
    found = loaded(tmp_path, frame(perp_volume_usd=[1.0] * 6, perp_volume_24h_usd=[9.0] * 6))
    assert column(found, "perp_volume_24h_usd") == [9.0] * 6


def test_sums_of_a_symbol_do_not_depend_on_the_others() -> None:
    rows = np.random.default_rng(3).lognormal(20, 2, (400, 3))
    together = _day_sum(rows, 144)
    for lane in range(3):
        alone = _day_sum(np.ascontiguousarray(rows[:, lane : lane + 1]), 144)
        assert np.array_equal(alone[:, 0], together[:, lane], equal_nan=True)
    assert math.isclose(together[399, 0], math.fsum(rows[256:, 0]), rel_tol=1e-14)
    assert np.isnan(_day_sum(rows[:100], 144)).all()


# ---------------------------------------------------------------- files
@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (b"", ".parquet"),
        (b"", ".csv"),
        (b"", ".jsonl"),
        (b"PAR1" + b"\0" * 100 + b"PAR1", ".parquet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ".csv"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ".jsonl"),
        (b'{"ts":1735689600,"symbol":"BTC"}\n{"ts":', ".jsonl"),
        (b"[1,2,3]\n", ".jsonl"),
        (b"ts,symbol,price\n1735689600,BTC,1,2,3\n", ".csv"),
        (b"ts;symbol;price\n1735689600;BTC;1\n", ".csv"),
        (b"ts,symbol,price\n", ".csv"),
        (b"ts,price\n1735689600,1\n", ".csv"),
        (b"x", ".txt"),
        (b"x", ""),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, data: bytes, suffix: str) -> None:
    assert refused(tmp_path, data, suffix).code in {"CLRI-DATA-002", "CLRI-DATA-003", "CLRI-DATA-004"}


@pytest.mark.parametrize("where", [0.02, 0.3, 0.6, 0.95])
def test_a_damaged_parquet_is_refused_or_read_but_never_falls_over(tmp_path: Path, where: float) -> None:
    frame(500, 60, oi_usd=[float(n) for n in range(500)]).write_parquet(tmp_path / "whole.parquet")
    data = bytearray((tmp_path / "whole.parquet").read_bytes())
    at = int(where * len(data))
    data[at : at + 40] = b"\xff" * 40
    for damaged in (bytes(data), bytes(data[:at])):
        try:
            loaded(tmp_path, damaged)
        except InputError as error:
            assert error.code in {"CLRI-DATA-002", "CLRI-DATA-003", "CLRI-DATA-004"}  # noqa: PT017 - it may also read


def test_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "folder.parquet").mkdir()
    for name in ("none.parquet", "none.csv", "none.jsonl", "folder.parquet"):
        with pytest.raises(InputError, match="there is no such file"):
            load_table(tmp_path / name)


def test_a_name_with_a_star_is_a_name(tmp_path: Path) -> None:
    for suffix, writer in WRITERS.items():
        for name in (f"a[1]{suffix}", f"a*{suffix}", f"a1{suffix}"):
            getattr(frame(3 if "*" in name else 6), writer)(tmp_path / name)
        assert load_table(tmp_path / f"a*{suffix}").table.height == 3
        assert load_table(tmp_path / f"a[1]{suffix}").table.height == 6


def test_without_polars_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(module.ConfigError, match="polars") as caught:
        load_table(tmp_path / "t.csv")
    assert caught.value.hint == "pip install 'clri[frames]'"


# ---------------------------------------------------------------- any table
cells = st.none() | st.floats() | st.sampled_from([0.0, 1e-320, 1e-12, 0.4, 1.0, 1e9, 1e12, 1e13, -1.0])


@given(name=st.sampled_from(NUMBERS), values=st.lists(cells, min_size=1, max_size=30))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_cell_is_kept_missing_or_counted(tmp_path: Path, name: str, values: list[float | None]) -> None:
    column_of = pl.Series(name, values, dtype=pl.Float64)
    found = loaded(tmp_path, frame(len(values)).drop("price").with_columns(column_of))
    kept = column(found, name)
    dropped = [v for v, k in zip(values, kept, strict=True) if v is not None and k is None]
    assert all(k is None or (math.isfinite(k) and k == v) for k, v in zip(kept, values, strict=True))
    assert found.quarantined.total() == len(dropped)
    known = np.array([k for k in kept if k is not None])
    assert not out_of_range(name, known).any()
