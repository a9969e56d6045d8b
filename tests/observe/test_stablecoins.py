import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.timebase import MINUTE, SECOND
from clri.observe.stablecoins import FIELDS, Stablecoins
from clri.testing.builders import T0, feed_status, minute
from tests.observe import streams
from tests.observe.facts import GivenShares, transfer

NONE = GivenShares({})


def up(ts=T0, state="up", channel="logs", venue="etherscan"):
    """Word of the provider's feed."""
    return feed_status(ts=ts, venue=venue, channel=channel, state=state)


@given(st.lists(streams.flows(), max_size=30))
def test_every_minute_equals_the_slow_truth(facts):
    flows = Stablecoins("MARKET")
    facts = streams.sorted_facts(facts)
    for boundary in (minute(1), minute(2), minute(3)):
        now = [f for f in facts if boundary - MINUTE < f.ts <= boundary]
        for fact in now:
            flows.add(fact)
        row = flows.close(boundary, NONE)
        words = [f for f in facts if hasattr(f, "channel") and f.ts <= boundary and f.state != "rate_limited"]
        is_up = bool(words) and not max((f.ts, f.state != "up") for f in words)[1]
        assert (row["cov_stable"], row["n_stable"]) == (float(is_up), int(is_up))
        moves = [f for f in now if hasattr(f, "amount") and not f.backfill]
        heard = [
            f.ts for f in facts if f.ts <= boundary and not f.backfill and getattr(f, "state", "") != "rate_limited"
        ]
        assert row["age_stable_s"] == ((boundary - max(heard)) / SECOND if is_up else None)
        for flow, name in FIELDS.items():
            total = sum(f.amount for f in moves if f.flow == flow)
            assert row.get(name) == (pytest.approx(total, abs=1e-4) if is_up else None)
        large = [f for f in moves if f.amount >= 1e6 and f.flow in {"EXCHANGE_INFLOW", "EXCHANGE_OUTFLOW"}]
        assert row.get("stable_large_n") == (len(large) if is_up else None)


def test_a_source_that_is_down_or_never_spoke_is_none_and_a_quiet_one_is_zero():
    flows = Stablecoins("MARKET")
    flows.add(transfer(T0 + 1, "EXCHANGE_INFLOW"))
    assert flows.close(minute(1), NONE) == {"cov_stable": 0.0, "age_stable_s": None, "n_stable": 0}
    flows.add(up(minute(1) + SECOND))
    row = flows.close(minute(2), NONE)
    assert [row[name] for name in FIELDS.values()] == [0.0] * 4
    assert (row["stable_large_n"], row["cov_stable"], row["age_stable_s"]) == (0, 1.0, 59.0)
    flows.add(up(minute(2) + 1, "down"))
    assert flows.close(minute(3), NONE).get("stable_in_usd") is None


def test_flows_are_kept_apart_and_large_ones_are_counted():
    flows = Stablecoins("MARKET")
    flows.add(up())
    for flow, amount in (("MINT", 5e6), ("BURN", 4e6), ("EXCHANGE_INFLOW", 1e6), ("EXCHANGE_OUTFLOW", 999_999.0)):
        flows.add(transfer(T0 + 1, flow, amount))
    for flow in ("EXCHANGE_TRANSFER", "WHALE_TRANSFER"):
        flows.add(transfer(T0 + 1, flow, 9e9))
    row = flows.close(minute(1), NONE)
    assert [row[name] for name in FIELDS.values()] == [1e6, 999_999.0, 5e6, 4e6]
    assert row["stable_large_n"] == 1


@pytest.mark.parametrize(("times", "well"), [((2, 1), True), ((1, 2), False), ((1, 1), False)])
def test_the_last_word_counts_in_any_order_of_arrival(times, well):
    words = [up(T0 + ts, state) for ts, state in zip(times, ("up", "down"), strict=True)]
    for order in (words, words[::-1]):
        flows = Stablecoins("MARKET")
        for word in order:
            flows.add(word)
        row = flows.close(minute(1), NONE)
        assert (row["n_stable"] == 1) is well
        assert row["age_stable_s"] is None or row["age_stable_s"] == (MINUTE - max(times)) / SECOND


def test_every_channel_of_the_provider_must_be_up_and_other_venues_do_not_matter():
    flows = Stablecoins("MARKET")
    flows.add(up(channel="usdt"))
    flows.add(up(channel="usdc", state="stale"))
    flows.add(up(venue="okx", state="down"))
    assert flows.close(minute(1), NONE)["n_stable"] == 0
    flows.add(up(minute(1), channel="usdc"))
    assert flows.close(minute(2), NONE)["n_stable"] == 1
