import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.errors import SnapshotError
from clri.model.timebase import DAY, HOUR, MINUTE
from clri.observe.shares import OpenInterestShares
from clri.testing.builders import T0, feed_status, instrument, minute
from tests.observe.streams import VENUES

sizes = st.dictionaries(st.sampled_from(VENUES), st.floats(0.0, 1e11), max_size=4)


@given(st.lists(st.tuples(st.integers(1, 600), sizes), max_size=12))
def test_shares_are_the_average_of_a_day(updates):
    shares = OpenInterestShares("BTC", VENUES)
    means, seen, boundary = {}, {}, T0
    for minutes, oi in updates:
        boundary += minutes * MINUTE
        shares.update(boundary, oi)
        for venue, usd in oi.items():
            if venue in means:
                means[venue] += (1.0 - math.exp(-(boundary - seen[venue]) / DAY)) * (usd - means[venue])
            else:
                means[venue] = usd
            seen[venue] = boundary
        unknown = sum(means.values()) / len(means) if means else 1.0
        total = sum(means.get(venue, unknown) for venue in VENUES)
        for venue in VENUES:
            expected = means.get(venue, unknown) / total if total else 1.0 / len(VENUES)
            assert shares.weight(venue) == pytest.approx(expected, abs=1e-12)
            assert shares.oi_usd(venue) == oi.get(venue)
        assert sum(shares.weight(venue) for venue in VENUES) == pytest.approx(1.0)


def test_venues_come_in_the_order_of_every_table():
    assert OpenInterestShares("BTC", ["okx", "gate", "mtgox", "binance"]).enabled() == ("binance", "okx", "gate")


def test_an_ended_contract_takes_its_venue_out_until_another_is_listed():
    shares = OpenInterestShares("BTC", ["okx", "gate"])
    shares.add(instrument(ts=T0, venue="okx", raw="OLD", valid_to=minute(2)))
    shares.add(instrument(ts=T0, venue="gate", market="spot", valid_to=T0))
    shares.update(minute(1), {"okx": 3e9, "gate": 1e9})
    assert shares.enabled() == ("okx", "gate")
    shares.update(minute(2), {"okx": 3e9, "gate": 1e9})
    assert (shares.enabled(), shares.weight("gate"), shares.weight("okx")) == (("gate",), 1.0, 0.0)
    shares.add(instrument(ts=minute(2), venue="okx", raw="NEW"))
    shares.update(minute(3), {})
    assert (shares.enabled(), shares.weight("okx")) == (("okx", "gate"), 0.75)


def listing(**changes):
    return feed_status(channel="instruments", **changes)


def test_a_symbol_that_is_not_listed_takes_the_venue_out_until_a_later_word():
    shares = OpenInterestShares("BTC", ["okx", "gate"])
    shares.add(listing(ts=T0 + 2, venue="okx", symbol="BTC", state="unsupported"))
    shares.add(listing(ts=T0 + 1, venue="okx", symbol="BTC", state="up"))
    shares.add(listing(ts=T0, venue="gate", state="unsupported"))  # the venue's channel, not this symbol
    shares.update(minute(1), {})
    assert shares.enabled() == ("gate",)
    shares.add(listing(ts=minute(1), venue="okx", symbol="BTC", state="up"))
    shares.update(minute(2), {})
    assert shares.enabled() == ("okx", "gate")


@pytest.mark.parametrize("channel", ["liquidation", "tickers", "rest"])
def test_a_channel_that_a_venue_does_not_offer_leaves_the_venue(channel):
    shares = OpenInterestShares("BTC", ["okx", "gate"])
    shares.add(feed_status(ts=T0, venue="okx", symbol="BTC", channel=channel, state="unsupported"))
    shares.update(minute(1), {"okx": 3e9, "gate": 1e9})
    assert (shares.enabled(), shares.weight("okx")) == (("okx", "gate"), 0.75)
    shares.add(listing(ts=T0, venue="okx", symbol="BTC", state="unsupported"))
    shares.add(feed_status(ts=T0 + 1, venue="okx", symbol="BTC", channel=channel, state="up"))
    shares.update(minute(2), {})
    assert shares.enabled() == ("gate",)  # another channel's word does not list it again


def test_no_venue_is_no_error():
    shares = OpenInterestShares("BTC", [])
    shares.update(minute(1), {"okx": 1e9})
    assert (shares.enabled(), shares.weight("okx"), shares.oi_usd("okx")) == ((), 0.0, None)


def test_saved_shares_go_on():
    shares, again = OpenInterestShares("BTC", VENUES), OpenInterestShares("BTC", VENUES)
    shares.add(instrument(ts=T0, venue="okx", valid_to=minute(1)))
    shares.update(minute(1), {"okx": 1e9})
    again.restore(shares.snapshot())
    for item in (shares, again):
        item.update(minute(2) + HOUR, {"okx": 2e9, "bybit": 1e9})
    assert again.snapshot() == shares.snapshot()
    assert [again.weight(venue) for venue in VENUES] == [shares.weight(venue) for venue in VENUES]


def test_foreign_bytes_are_refused():
    with pytest.raises(SnapshotError, match="unreadable"):
        OpenInterestShares("BTC", VENUES).restore(b"\x93\x01")
