"""`clri demo`: the story to its end as one document, a store that vanishes unless it is wanted, and honest words."""

import tempfile
from pathlib import Path

import pytest

from clri.app.pacing import PacedSource
from clri.collect.simulate.source import SimulatedEvent
from clri.collect.simulate.truth import NAMES
from clri.hosts.ticker import tick
from clri.model.timebase import SECOND
from clri.stores.sqlite_reader import SqliteReader


@pytest.mark.timeout(400)
def test_the_end_is_one_document_and_the_store_is_kept_if_named(clri, place: Path) -> None:
    said = clri("demo", "--once", "--json", "--store", "kept.sqlite")
    document = said.json
    assert said.code == 0
    assert document["story"] == "SIMULATED DATA – seed 42, not a real market event"
    assert said.err.startswith(document["story"])
    assert (document["mode"], document["detail"]) == ("replay-simulated", "seed 42")
    assert document["alerts"] == []
    assert len(document["readings"]) == 8
    assert {reading["mode"] for reading in document["readings"]} == {"replay-simulated"}
    assert document["market"]["market_clri"] >= 55
    assert {cascade["symbol"] for cascade in document["cascades"]} == {row["symbol"] for row in document["readings"]}
    assert len(document["frames"]) == 6
    assert not [why for tally in document["frames"].values() for why in tally if why.startswith("quarantined")]
    with SqliteReader(place / "kept.sqlite") as store:
        assert store.mode == "replay-simulated"
        assert store.latest_market().market_clri == document["market"]["market_clri"]
    assert "SIMULATED DATA" in clri("status", "--store", "kept.sqlite").out


def test_a_temporary_store_is_gone_afterwards_also_after_a_failure(
    clri, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    seen = []

    def fail(_: object, event: SimulatedEvent, *, paced: bool, store: Path) -> None:
        seen.append((store, event.seed, paced))
        assert store.parent.is_dir()
        raise KeyboardInterrupt

    monkeypatch.setattr("clri.app.replays.plan_demo", fail)
    assert clri("demo", "--once").code == 130
    assert clri("demo", "--speed", "30", "--seed", "7", "--truth", "truth").code == 130
    assert clri("demo").code == 130
    assert [(seed, paced) for _, seed, paced in seen] == [(42, False), (7, True), (42, False)], (
        "a pipe waits for nothing"
    )
    assert not [store for store, _, _ in seen if store.parent.exists()]
    assert sorted(path.name for path in (place / "truth").iterdir()) == sorted(NAMES)


def test_about_says_what_is_real_and_what_is_not(clri) -> None:
    said = clri("demo", "--about")
    assert (said.code, said.err) == (0, "")
    for words in ("simulated", "by construction", "not that markets behave so", "one fixed hedge share"):
        assert words in said.out


def test_a_folder_for_a_store_is_refused_before_any_work(clri, place: Path) -> None:
    said = clri("-q", "demo", "--once", "--store", ".")
    assert (said.code, said.out) == (5, "")
    assert said.err.startswith("CLRI-STORE-001")


class Source:
    """Ten seconds of facts, two of them in each."""

    def facts(self):
        for number in range(20):
            yield tick(number * SECOND // 2, 1)

    def tallies(self):
        return {}

    def describe(self) -> str:
        return "ten seconds"


def test_pacing_waits_once_a_second_at_the_speed_of_the_moment() -> None:
    now, waits = [100.0], []

    def sleep(seconds: float) -> None:
        waits.append(round(seconds, 6))
        now[0] += seconds

    paced = PacedSource(Source(), lambda ts: 10.0 if ts >= 5 * SECOND else 50.0, lambda: now[0], sleep)
    facts = list(paced.facts())
    assert facts == list(Source().facts())
    assert waits == [0.02] * 5 + [0.1] * 4
    assert (paced.describe(), paced.tallies()) == ("ten seconds", {})


def test_pacing_catches_up_after_a_delay_and_never_waits_at_speed_nought() -> None:
    times = iter([0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    waits: list[float] = []
    list(PacedSource(Source(), lambda _: 10.0, lambda: next(times), waits.append).facts())
    assert waits[0] == pytest.approx(0.1)
    assert len(waits) == 5, "seconds 2 to 5 were late"
    waits.clear()
    list(PacedSource(Source(), lambda _: 0.0, lambda: 0.0, waits.append).facts())
    assert waits == []
