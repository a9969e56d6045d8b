"""Up, down, never: one venue after another."""

import pytest

from clri.detectors.feed_health import FeedHealth
from tests.detectors.streams import status


def feeds(*facts) -> FeedHealth:
    health = FeedHealth("liquidation")
    for fact in facts:
        health.on_status(fact)
    return health


def test_nothing_heard_is_not_healthy() -> None:
    assert not feeds().healthy


@pytest.mark.parametrize("state", ["down", "stale", "gap", "geo_blocked", "disabled"])
def test_a_lost_feed_is_down_until_it_is_up(state) -> None:
    health = feeds(status("up"), status(state))
    assert not health.healthy
    health.on_event("bybit")  # released by the reorder buffer, from before the loss
    assert not health.healthy
    health.on_status(status("up"))
    assert health.healthy


def test_one_of_several_is_enough() -> None:
    assert feeds(status("up", "okx"), status("up", "gate"), status("down", "okx")).healthy
    assert not feeds(status("up", "okx"), status("up", "gate"), status("down", "okx"), status("gap", "gate")).healthy


def test_the_first_event_counts_as_up() -> None:
    health = feeds()
    health.on_event("okx")
    assert health.healthy


def test_an_unsupported_venue_never_counts() -> None:
    health = feeds(status("unsupported", "okx"))
    health.on_event("okx")
    assert not health.healthy


def test_a_limited_rate_says_nothing() -> None:
    assert feeds(status("up"), status("rate_limited")).healthy
    assert not feeds(status("down"), status("rate_limited")).healthy


def test_other_channels_are_not_ours() -> None:
    assert not feeds(status("up", channel="mark")).healthy
    assert feeds(status("up"), status("down", channel="mark")).healthy


def test_saved_state_has_a_fixed_order() -> None:
    health = feeds(status("up", "okx"), status("down", "binance"))
    other = FeedHealth("liquidation")
    other.set_state(health.state())
    assert other.state() == [("binance", "down"), ("okx", "up")]
    assert other.healthy
