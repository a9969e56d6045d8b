import pytest

from clri.model.names import EXCHANGES
from clri.observe.freshness import Evidence, evidence, evidence_of, fresh
from clri.testing.builders import T0
from tests.observe.facts import GivenShares, equal


@pytest.mark.parametrize(("coverage", "venues", "enough"), [(0.30, 1, True), (0.2999, 5, False), (0.0, 0, False)])
def test_evidence_is_enough_from_thirty_percent_on(coverage, venues, enough):
    assert Evidence(coverage, None, venues).enough is enough


def test_all_venues_are_exactly_one():
    shares = equal(*EXCHANGES)
    added = 0.0
    for venue in EXCHANGES:
        added += shares.weight(venue)
    assert added < 1.0  # rounding, six times a sixth
    assert evidence(dict.fromkeys(EXCHANGES, T0), T0, shares).coverage == 1.0


def test_the_oldest_input_gives_the_age():
    shares = GivenShares({"okx": 0.5, "gate": 0.25, "bybit": 0.25})
    slots = {"okx": ((0, 0, T0 - 3_000_000_000), 1.0), "gate": ((T0, 1, T0), 2.0)}
    assert evidence_of(slots, T0, shares) == Evidence(0.75, 3.0, 2)


def test_fresh_keeps_enabled_venues_in_their_order_up_to_the_limit():
    slots = {
        venue: ((0, 0, T0 - age), venue) for venue, age in (("gate", 10), ("okx", 11), ("bybit", 9), ("bitget", 0))
    }
    assert list(fresh(slots, T0, 10, equal("gate", "okx", "bybit"))) == ["bybit", "gate"]


def test_no_venue_is_no_evidence():
    assert evidence({}, T0, GivenShares({})) == Evidence(0.0, None, 0)
