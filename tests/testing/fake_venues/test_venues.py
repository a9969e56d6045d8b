"""Each venue over real sockets: what clri asks is answered, what it subscribes comes, what comes is the truth."""

from collections import Counter

import pytest

from clri.collect.simulate.coins import PLACES
from clri.collect.venues import VENUES
from clri.model.control import FeedStatus
from clri.model.facts import Depth, Liquidation, LongShortRatio, MarkFunding, OpenInterest, Ticker
from tests.testing.fake_venues.running import COINS, on_loop, running


@pytest.mark.parametrize("venue", VENUES)
@on_loop
async def test_everything_that_is_asked_for_comes_and_is_the_truth(venue) -> None:
    async with running() as run:
        found = await run.collect(venue)
        await run.advance(75.0)
        assert found.quarantined() == Counter()
        assert set(found.poller.outcomes) <= {"ok", "not made"}
        assert found.poller.outcomes["ok"] >= len(found.mapper.polls(COINS)) * (0.5 if venue == "bitget" else 1.0)
        assert run.venues.counts["over limit"] == 0
        assert not [name for name in run.venues.counts if "not found" in name or "closed" in name]
        assert set(found.states()) == {"up"}
        expected = {
            (e.channel if e.max_silence_s else "liquidation")
            for c in found.mapper.subscriptions(COINS)
            for e in c.expect
        }
        assert {fact.channel for fact in found.of(FeedStatus)} - {"rest", "spot"} == expected
        assert found.runner.counts["nacks"] == found.runner.counts["losses"] == 0
        assert run.told(venue).total() > 20
        assert found.liquidations() == run.told(venue)
        assert {row.symbol for row in found.mapper.table} >= set(COINS)
        for kind in (MarkFunding, OpenInterest, Ticker, Depth):
            assert {fact.symbol for fact in found.of(kind)} >= set(COINS), kind
        ratios = {fact.symbol for fact in found.of(LongShortRatio)}
        assert ratios == (set() if venue == "hyperliquid" else set(COINS))


@on_loop
async def test_throttles_leave_out_what_the_truth_says() -> None:
    async with running() as run:
        found = {venue: await run.collect(venue, polls=False) for venue in VENUES}
        await run.advance(40.0)
        reasons = Counter((row.venue, row.reason) for row in run.venues.truth.unsent if row.reason != "nobody")
        assert set(reasons) == {
            ("binance", "largest_1s"),
            ("okx", "sample_1s"),
            ("bitget", "largest_1s"),
            ("hyperliquid", "partial"),
        }
        for venue, one in found.items():
            numbers = run.venues.truth.numbers(venue)
            withheld = {row.number for row in run.venues.truth.unsent if row.venue == venue}
            assert not numbers & withheld
            assert len(one.of(Liquidation)) == sum(row.venue == venue for row in run.venues.truth.sent)
            happened = {order.number for order in run.venues.market.tape.orders if PLACES[order.place].venue == venue}
            assert numbers | withheld <= happened
