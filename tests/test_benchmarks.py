"""The benchmarks load without their peers, and the result file has the form that readers expect."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import BENCHMARKS
from benchmarks.__main__ import main
from benchmarks.harness import ROUNDS, RUNS, Line, Timing, save, take_turns

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
FIELDS = {"name", "ratio", "target", "met", "ours", "theirs", "noise", "versions", "cpu", "quick"}
NO_BENCHMARK = {"__init__", "__main__", "harness", "frames", "ccxt_peer"}


def lines() -> list[Line]:
    work = {"ours": lambda: lambda: sum(range(10)), "theirs": lambda: lambda: sum(range(10_000))}
    timing = take_turns(work)
    assert [len(run) for run in timing.rounds["ours"]] == [ROUNDS] * RUNS
    ratio, noise = timing.ratio("ours", "theirs"), timing.noise("ours", "theirs")
    return [
        Line("toy.met", ratio, 1.0, {"ns": 1.0}, {"ns": 2.0}, noise, ("msgspec", "no-such-distribution")),
        Line("toy.missed", 0.5, 2.0, {"ns": 2.0}, {"ns": 1.0}),
        Line("toy.shown", 0.5, None, {"ns": 2.0}, {}),
    ]


def test_the_result_file_has_its_form(tmp_path: Path) -> None:
    path = tmp_path / "results" / "latest.json"
    save(lines(), path, quick=True)
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert [row["name"] for row in rows] == ["toy.met", "toy.missed", "toy.shown"]
    assert [row["met"] for row in rows] == [True, False, None]
    for row in rows:
        assert set(row) == FIELDS
        assert row["cpu"]
        assert {"python", "clri", "numba"} <= set(row["versions"])
        assert all(isinstance(value, float) for value in (*row["ours"].values(), *row["theirs"].values()))
    assert rows[0]["versions"]["no-such-distribution"] == "absent"
    assert set(rows[0]["noise"]) == {"ratio_spread", "round_spread", "wall_ratio"}


def test_a_line_says_name_ratio_and_target() -> None:
    met, missed, shown = (line.text() for line in lines())
    assert met.startswith("toy.met: ")
    assert "x (target 1x, met) | ours ns 1 | theirs ns 2 | noise " in met
    assert missed == "toy.missed: 0.5x (target 2x, NOT MET) | ours ns 2 | theirs ns 1"
    assert shown == "toy.shown: 0.5x (shown only) | ours ns 2"


def test_a_ratio_is_the_median_of_the_runs_best_rounds() -> None:
    timing = Timing(["a", "b"])
    timing.rounds["a"] = [[(2.0, 9.0), (1.0, 9.0)], [(1.0, 9.0)], [(1.0, 9.0)]]
    timing.rounds["b"] = [[(3.0, 9.0), (7.0, 9.0)], [(50.0, 9.0)], [(4.0, 9.0)]]
    assert timing.ratio("a", "b") == 4.0
    assert timing.ratio("a", "b", wall=True) == 1.0


def test_every_benchmark_is_listed() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - NO_BENCHMARK == set(BENCHMARKS)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_has_a_run(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").run)


def test_loading_the_benchmarks_loads_no_peer() -> None:
    names = ", ".join(f"benchmarks.{name}" for name in BENCHMARKS)
    code = f"import sys, {names}; print([n for n in ('ccxt', 'pandas', 'river', 'orjson') if n in sys.modules])"
    env = os.environ | {"PYTHONPATH": os.pathsep.join((str(FOLDER.parent / "src"), str(FOLDER.parent)))}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["no_such_benchmark"])
    assert "expected some of text_to_fact" in capsys.readouterr().err
