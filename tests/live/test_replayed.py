"""A capture of `clri up` replays to the readings that the live run made, minute by minute."""

import asyncio
from pathlib import Path

import pytest

from clri.app.replays import plan
from clri.hosts.replay import replay
from clri.model.codec import as_map
from clri.model.reading import MarketReading, Reading
from clri.testing.fake_venues import FakeVenues
from tests.live.running import STORM, Collection, settings_for

MINUTES = 3
NEAR = 2.0
"""Points of a score that a second of late books may move."""


def told(outputs: list) -> dict[tuple, dict]:
    """Readings of symbols and market by time and name, without the mode, in which the two differ."""
    return {
        (out.ts, getattr(out, "symbol", "MARKET")): as_map(out) | {"mode": None}
        for out in outputs
        if isinstance(out, Reading | MarketReading)
    }


@pytest.mark.timeout(500)
def test_readings_of_a_capture_equal_those_of_the_live_run(tmp_path: Path) -> None:
    """With a socket cut and a venue silent on the way.

    The first minute is left out: live, what came before the history was in waited for it. A fact that this process
    took up more than 0.25 s after its second was over counts in the next second, which a replay cannot know; a run
    with such facts (this machine was busy) is compared by its scores.
    """

    async def go() -> tuple[Collection, int]:
        async with FakeVenues(STORM, seed=3) as venues:
            settings = settings_for(venues, tmp_path, capture="all")
            async with Collection(settings, history=True) as at:

                def minutes() -> int:
                    return sum(isinstance(out, MarketReading) for out in at.outputs)

                await at.until(lambda: minutes() > 0, 120.0)
                late = at.live.host.counts["late"]
                venues.fault("reset", venue="gate")
                venues.fault("blackhole", venue="okx", for_s=25.0)
                await at.until(lambda: minutes() > MINUTES, (MINUTES + 2) * 60.0)
                return at, at.live.host.counts["late"] - late

    at, late = asyncio.run(go())
    live = told(at.outputs)
    planned = plan(at.live.settings, [tmp_path / "capture"], venue=None, symbols=None, store=tmp_path / "r.sqlite")
    outputs: list = []
    with planned.store:
        replay(planned.source, planned.pipeline, planned.store, check=planned.check, on_output=outputs.append)
    played = told(outputs)
    first = min(ts for ts, _ in live)
    compared = [key for key in live if key[0] > first]
    assert len(compared) == MINUTES * 9
    of_symbols = [key for key in compared if key[1] != "MARKET"]
    assert all(live[key]["clri_exact"] is not None for key in of_symbols)
    assert {fact.state for fact in at.statuses if fact.channel == "liquidation"} >= {"up", "down", "gap"}
    for key in of_symbols:
        assert abs(live[key]["clri_exact"] - played[key]["clri_exact"]) <= NEAR
        assert live[key]["quality"] == played[key]["quality"]
    if late == 0:
        assert {key: played[key] for key in compared} == {key: live[key] for key in compared}
