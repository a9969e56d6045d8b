import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.timebase import MINUTE, SECOND
from clri.observe.long_short import FIELDS, LongShort
from clri.testing.builders import T0, long_short_ratio, minute
from tests.observe import streams, truth
from tests.observe.facts import GivenShares, equal

LIMIT = 15 * MINUTE


def slow(facts, boundary, shares):
    """The row's ratios, from all facts."""
    row = {}
    for kind, name in FIELDS.items():
        mine = [f for f in facts if f.kind == kind]
        found = truth.fresh(mine, boundary, LIMIT, shares, lambda f: f.ratio or 0.0)
        used = {v: f for v, f in found.items() if f.ratio}
        coverage = truth.share_of(used, shares)
        if kind == "account":
            row |= {"cov_ls": pytest.approx(coverage), "n_ls": len(used)}
            row["age_ls_s"] = max(((boundary - f.ts) / SECOND for f in used.values()), default=None)
        if used and coverage >= 0.30:
            logs = {v: math.log(f.ratio) for v, f in used.items()}
            row[name] = pytest.approx(math.exp(truth.mean(logs, truth.weights(shares))), rel=1e-9)
    return row


@given(st.lists(streams.ratios(), max_size=30), streams.given_shares())
def test_every_minute_equals_the_slow_truth(facts, shares):
    ratios = LongShort("BTC")
    facts = streams.sorted_facts(facts)
    for boundary in (minute(1), minute(2), minute(3), minute(17)):
        for fact in facts:
            if boundary - MINUTE < fact.ts <= boundary:
                ratios.add(fact)
        assert ratios.close(boundary, shares) == slow(facts, boundary, shares)


def ratio(venue, value, ts=T0, kind="account"):
    """Ratio of a venue."""
    return long_short_ratio(ts=ts, venue=venue, kind=kind, ratio=value)


def test_two_to_one_and_one_to_two_cancel_by_open_interest():
    ratios = LongShort("BTC")
    ratios.add(ratio("okx", 2.0))
    ratios.add(ratio("gate", 0.5))
    assert ratios.close(minute(1), equal("okx", "gate"))["long_short_ratio"] == pytest.approx(1.0)
    shares = GivenShares({"okx": 0.5, "gate": 0.5}, {"okx": 3e9, "gate": 1e9})
    assert ratios.close(minute(2), shares)["long_short_ratio"] == pytest.approx(math.sqrt(2.0))


@pytest.mark.parametrize("empty", [None, 0.0])
def test_a_side_without_positions_is_left_out(empty):
    ratios = LongShort("BTC")
    ratios.add(ratio("okx", 4.0, ts=T0 - 1))
    ratios.add(ratio("okx", empty))
    ratios.add(ratio("gate", 3.0))
    row = ratios.close(minute(1), equal("okx", "gate"))
    assert (row["long_short_ratio"], row["n_ls"], row["cov_ls"]) == (pytest.approx(3.0), 1, 0.5)


def test_kinds_are_kept_apart_and_the_evidence_is_of_the_accounts():
    ratios = LongShort("BTC")
    for number, kind in enumerate(FIELDS, 2):
        ratios.add(ratio("okx", float(number), kind=kind))
    ratios.add(ratio("gate", 2.0, ts=T0 - 4 * MINUTE, kind="taker"))
    row = ratios.close(minute(1), GivenShares({"okx": 0.75, "gate": 0.25}))
    assert [round(row[name], 9) for name in FIELDS.values()][:3] == [2.0, 3.0, 4.0]
    assert (row["cov_ls"], row["age_ls_s"], row["n_ls"]) == (0.75, 60.0, 1)


def test_a_ratio_leaves_after_fifteen_minutes():
    ratios = LongShort("BTC")
    ratios.add(ratio("okx", 2.0))
    assert ratios.close(minute(15), equal("okx"))["age_ls_s"] == 900.0
    assert ratios.close(minute(16), equal("okx")) == {"cov_ls": 0.0, "age_ls_s": None, "n_ls": 0}
