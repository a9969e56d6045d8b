"""Detectors and levels against a short simulated squeeze, end to end; and the page of evidence."""

from pathlib import Path

import msgspec
import pytest

from clri.collect.simulate.coins import SYMBOLS
from clri.evaluate.bursts import Burst
from clri.model.timebase import SECOND
from clri.testing.builders import cascade
from clri.testing.ground_truth.__main__ import main
from clri.testing.ground_truth.listener import Seen
from clri.testing.ground_truth.page import page, read_page
from clri.testing.ground_truth.report import Figures, figures
from clri.testing.ground_truth.table import table
from clri.testing.ground_truth.week import Found, Week, held_against, overlapping

PAGE = Path(__file__).parents[2] / "docs" / "evidence" / "detection.md"
HISTORY_DAYS = 7.25
pytestmark = pytest.mark.timeout(240)  # with cold kernels on a busy machine


@pytest.fixture(scope="module")
def squeeze() -> Found:
    """Six hours of a long squeeze: the push comes after five, the maps are frozen at the end."""
    return Week(11, "long_squeeze", round(HISTORY_DAYS * 1440)).play(0.25)


@pytest.fixture(scope="module")
def numbers(squeeze: Found) -> Figures:
    return figures([squeeze], HISTORY_DAYS)


def test_every_burst_is_found_within_a_second_and_no_other(squeeze: Found) -> None:
    assert len(squeeze.burst_delays) >= len(SYMBOLS)
    assert all(delay is not None and 0.0 <= delay <= 1.0 for delay in squeeze.burst_delays)
    assert squeeze.extra == 0


def test_the_push_is_labelled_and_declared_on_both_streams(squeeze: Found) -> None:
    assert len(squeeze.true_stream.delays) >= len(SYMBOLS) // 2
    for matched in (squeeze.true_stream, squeeze.feeds):
        assert matched.recall(60.0) >= 0.5
        assert matched.days == pytest.approx(0.25 * len(SYMBOLS))
    by_delay = zip(squeeze.true_stream.delays, squeeze.feeds.delays, strict=True)
    known = [feeds - true for true, feeds in by_delay if true is not None and feeds is not None]
    assert min(known) > 0.0  # nothing is known earlier through a venue, its latency and the reorder buffer


def test_feeds_tell_less_than_what_happens(squeeze: Found) -> None:
    assert 0 < squeeze.told_orders < squeeze.orders
    assert 0.3 < squeeze.seen_share < 1.0
    seen = [delay for delay in squeeze.seen_delays if delay is not None]
    assert 0 < len(seen) <= len(squeeze.burst_delays)


def test_levels_are_ranked_against_the_true_map(squeeze: Found) -> None:
    assert [one.symbol for one in squeeze.rankings] == list(SYMBOLS)
    assert all(one.map_estimated is not None and one.map_estimated > 0.0 for one in squeeze.rankings)
    assert all(one.map_distance is not None for one in squeeze.rankings)
    assert all(one.reached_estimated is None for one in squeeze.rankings)  # the day after is not over


def test_delays_of_bursts_by_first_event_and_by_overlap() -> None:
    truth = [
        Burst(10 * SECOND, 12 * SECOND, 20 * SECOND, 5, 1.0),
        Burst(100 * SECOND, 103 * SECOND, 104 * SECOND, 5, 1.0),
    ]
    told = [(13, "a", 10, 12), (14, "a", 10, 14), (50, "b", 40, 45), (106, "c", 101, 104)]
    seen = [
        Seen(at * SECOND, cascade(cascade_id=name, started_at=start * SECOND, last_met_at=last * SECOND))
        for at, name, start, last in told
    ]
    assert held_against(truth, seen) == ([1.0, None], 2)
    assert overlapping(truth, seen) == [1.0, 3.0]
    assert held_against([], []) == ([], 0)


def test_a_goal_without_figures_is_unproven_and_a_missed_one_comes_first(squeeze: Found, numbers: Figures) -> None:
    verdicts = {goal["goal"]: goal["met"] for goal in numbers["goals"]}
    assert verdicts["true stream: bursts found within 1 s of meeting the definition"] is True
    assert figures([squeeze._replace(rankings=[])], HISTORY_DAYS)["goals"][-1]["met"] is None
    worse = figures([squeeze._replace(burst_delays=[*squeeze.burst_delays, None])], HISTORY_DAYS)
    assert "**MISSED**" in table(worse).splitlines()[2]
    assert worse["bursts"]["found"] == worse["bursts"]["bursts"] - 1


def test_figures_survive_the_page(numbers: Figures) -> None:
    text = page(numbers)
    assert read_page(text) == msgspec.json.decode(msgspec.json.encode(numbers))
    assert table(numbers) in text
    assert "replay-simulated" in text
    with pytest.raises(ValueError, match="without figures"):
        read_page("nothing")


def test_the_command_prints_what_it_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "detection.md"
    words = ["--days", "0.014", "--history-days", "0", "--seed", "3", "--json", "--page", str(out)]
    assert main(words) == 0
    told = msgspec.json.decode(capsys.readouterr().out)
    assert told == read_page(out.read_text("utf-8"))
    assert told["run"]["seeds"] == [3, 3]
    assert told["run"]["orders"] > 0
    assert main(words) == 0
    assert msgspec.json.decode(capsys.readouterr().out) == told  # same seed, same figures


@pytest.mark.parametrize("wrong", [["--weeks", "0"], ["--days", "8"], ["--seed", "-1"]])
def test_impossible_runs_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2


def test_the_committed_page_holds_the_figures_it_shows() -> None:
    found = read_page(PAGE.read_text("utf-8"))
    assert page(found) == PAGE.read_text("utf-8")
    assert found["run"]["mode"] == "replay-simulated"
    assert found["run"]["weeks"] >= 4
    assert found["bursts"]["within_1s"] == 1.0
