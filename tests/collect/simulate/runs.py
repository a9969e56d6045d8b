"""Markets that several tests look at, made once."""

from functools import cache
from hashlib import sha256

from clri.collect.simulate.market.stretch import Market, Stretch
from clri.collect.simulate.script import compile_script, read_scenario
from clri.collect.simulate.world import World
from clri.model.timebase import SECOND, parse_iso

START = parse_iso("2026-11-02T14:00:00Z")
BEGIN = START // SECOND
CALM = compile_script(read_scenario("calm"))
ELSEWHERE = 10 * BEGIN
"""Where a script begins that is never reached."""


def market(seed: int, burn_in_days: int = 1) -> Market:
    """A market that nobody disturbs."""
    return Market(seed, BEGIN, CALM, ELSEWHERE, burn_in_days)


def digest(*found: Stretch) -> str:
    """Hash of all that runs gave, however they were cut."""
    made = sha256()
    for part in ("spot", "told", "inner", "orders", "prices"):
        for stretch in found:
            values = getattr(stretch, part)
            rows = range(values.shape[1]) if part == "told" else range(1)
            for row in rows:
                made.update((values[:, row] if part == "told" else values).tobytes())
    return made.hexdigest()


@cache
def whole(scenario: str, seed: int = 5) -> tuple[World, Stretch]:
    """A scenario played to its end in one piece."""
    world = World(scenario, seed, START, keep_s=60)
    world.advance(world.seconds)
    assert world.latest is not None
    return world, world.latest
