"""Each id once per venue, remembered long enough, in bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.engine.dedupe import CAP, KEEP_NS, Dedupe
from clri.model.errors import SnapshotError
from clri.model.timebase import MINUTE, SECOND
from clri.testing.builders import T0, liquidation, tick


def event(name: str, at: int = 0, venue: str = "bybit"):
    """Return a liquidation with the id `name`, received `at` ns after T0."""
    return liquidation(event_id=name, ts=T0 + at, venue=venue)


def test_the_limits_are_those_of_the_reference() -> None:
    assert (CAP, KEEP_NS) == (200_000, 30 * MINUTE)


def test_second_sight_is_a_duplicate_whatever_its_receipt() -> None:
    dedupe = Dedupe()
    assert dedupe.is_new(event("a"))
    assert not dedupe.is_new(event("a", 5 * SECOND))
    assert not dedupe.is_new(event("a", -5 * SECOND))
    assert dedupe.duplicates == {"bybit": 2}


def test_venues_do_not_share_ids() -> None:
    dedupe = Dedupe()
    assert dedupe.is_new(event("a", venue="okx"))
    assert dedupe.is_new(event("a", venue="bybit"))
    assert dedupe.duplicates == {"bybit": 0, "okx": 0}


def test_facts_without_an_id_are_new() -> None:
    dedupe = Dedupe()
    assert dedupe.is_new(tick())
    assert dedupe.is_new(tick())


def test_beyond_the_cap_the_oldest_goes_when_it_is_old_enough() -> None:
    dedupe = Dedupe(cap=3, keep_ns=30 * MINUTE)
    for i in range(3):
        dedupe.is_new(event(f"{i}", i))
    dedupe.is_new(event("young", 30 * MINUTE - 1))
    assert dedupe.size("bybit") == 4  # "0" is one ns too young to go
    dedupe.is_new(event("later", 30 * MINUTE))
    assert dedupe.size("bybit") == 4
    assert not dedupe.is_new(event("1", 30 * MINUTE))
    assert dedupe.is_new(event("0", 30 * MINUTE))


def test_old_ids_stay_while_there_is_room() -> None:
    dedupe = Dedupe(cap=3)
    dedupe.is_new(event("a"))
    assert not dedupe.is_new(event("a", 10_000 * MINUTE))


def test_beyond_twice_the_cap_young_ids_go_too() -> None:
    dedupe = Dedupe(cap=3)
    for i in range(7):
        dedupe.is_new(event(f"{i}", i))
    assert dedupe.size("bybit") == 6
    assert not dedupe.is_new(event("1", 8))
    assert dedupe.is_new(event("0", 8))


def test_a_duplicate_makes_its_id_young_again() -> None:
    dedupe = Dedupe(cap=2, keep_ns=0)
    for name in ("a", "b", "a", "c"):
        dedupe.is_new(event(name))
    assert not dedupe.is_new(event("a"))
    assert dedupe.is_new(event("b"))


def test_a_duplicate_starts_its_time_anew() -> None:
    dedupe = Dedupe(cap=1, keep_ns=30 * MINUTE)
    for name, at in (("a", 0), ("a", 25), ("b", 31)):
        dedupe.is_new(event(name, at * MINUTE))
    assert not dedupe.is_new(event("a", 31 * MINUTE))


arrivals = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 90), st.sampled_from(("okx", "bybit"))), max_size=120)


@given(rows=arrivals)
def test_equals_a_plain_list_of_sights(rows) -> None:
    cap, keep = 5, 20 * MINUTE
    dedupe, sights, newest, twice = Dedupe(cap, keep), {"okx": [], "bybit": []}, {"okx": 0, "bybit": 0}, 0
    for name, at, venue in rows:
        newest[venue] = max(newest[venue], T0 + at * MINUTE)
        known = [row for row in sights[venue] if row[0] == name]
        sights[venue] = [row for row in sights[venue] if row[0] != name] + [(name, newest[venue])]
        twice += len(known)
        held = sights[venue]
        while len(held) > cap and (newest[venue] - held[0][1] >= keep or len(held) > 2 * cap):
            held.pop(0)
        assert dedupe.is_new(event(f"{name}", at * MINUTE, venue)) is not bool(known)
        assert dedupe.size(venue) == len(held)
    assert sum(dedupe.duplicates.values()) == twice


@given(rows=arrivals, cut=st.integers(0, 120))
def test_resumed_it_goes_on_with_equal_bytes(rows, cut) -> None:
    whole, part = Dedupe(5, 20 * MINUTE), Dedupe(5, 20 * MINUTE)
    for i, (name, at, venue) in enumerate(rows):
        if i == cut:
            part = Dedupe(5, 20 * MINUTE)
            part.restore(whole.snapshot())
        fact = event(f"{name}", at * MINUTE, venue)
        assert whole.is_new(fact) is part.is_new(fact)
    assert whole.snapshot() == part.snapshot()


def test_bytes_do_not_depend_on_which_venue_came_first() -> None:
    one, two = Dedupe(), Dedupe()
    for dedupe, venues in ((one, ("okx", "bybit")), (two, ("bybit", "okx"))):
        for venue in venues:
            dedupe.is_new(event("a", venue=venue))
    assert one.snapshot() == two.snapshot()


def test_state_of_other_settings_is_refused() -> None:
    with pytest.raises(SnapshotError):
        Dedupe(cap=5).restore(Dedupe(cap=6).snapshot())
    with pytest.raises(SnapshotError):
        Dedupe().restore(b"")
    with pytest.raises(ValueError, match="cap=0"):
        Dedupe(cap=0)
