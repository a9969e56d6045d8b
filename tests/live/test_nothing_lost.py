"""Every liquidation that was sent is stored once, or lies in a gap that was declared."""

import asyncio
from pathlib import Path

import pytest

from clri.model.names import EXCHANGES
from clri.model.timebase import SECOND
from clri.testing.fake_venues import FakeVenues
from tests.live.running import STORM, Account, Collection, account, settings_for

FAULTS = {
    "none": (),
    "reset": ({"kind": "reset"},),
    "duplicates": ({"kind": "duplicates", "share": 0.5, "for_s": 10.0},),
    "reorder": ({"kind": "reorder", "value": 3.0, "for_s": 10.0},),
    "blackhole": ({"kind": "blackhole", "for_s": 25.0},),
}


def check(found: Account) -> None:
    assert found.silent == []
    assert found.twice == []
    assert found.invented == []
    assert set(found.stored) == set(EXCHANGES)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FAULTS)
def test_under_faults(tmp_path: Path, name: str) -> None:
    async def go() -> tuple[FakeVenues, Collection, int, int]:
        async with FakeVenues(STORM, seed=3) as venues, Collection(settings_for(venues, tmp_path)) as at:
            await at.all_up()
            paced = at.live.clock.wall_ns() + 12 * SECOND  # by then the pace of every feed is known
            await at.until(lambda: at.live.clock.wall_ns() > paced)
            since = at.live.clock.wall_ns()
            for fault in FAULTS[name]:
                venues.fault(**fault)
            if name in {"reset", "blackhole"}:
                await at.until(lambda: at.fallen(since) == set(EXCHANGES), 60.0)
                await at.until(lambda: at.up() == set(EXCHANGES), 90.0)
            target = len(venues.truth.sent) + 250
            await at.until(lambda: len(venues.truth.sent) >= target, 120.0)
            venues.fault("blackhole", channel="liquidation")
            until = at.live.clock.wall_ns() - 3_000_000_000
            await at.until(lambda: at.live.clock.wall_ns() > until + 6_000_000_000)
            return venues, at, since, until

    venues, at, since, until = asyncio.run(go())
    found = account(venues, at.live.path, since, until)
    check(found)
    assert found.sent.total() > 80
    if name in {"none", "duplicates", "reorder"}:
        assert found.in_gap.total() == 0
