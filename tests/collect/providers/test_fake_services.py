"""All services of the fake venue server, which was written apart from their clients: what is told arrives, once."""

import asyncio
import contextlib
import random

import aiohttp

from clri.collect.providers.mapper import Watch
from clri.collect.providers.run import Access, Providers, Setup
from clri.collect.providers.wallets import bundled
from clri.model.control import FeedStatus
from clri.model.facts import LiquidationAggregate, StablecoinSupply, StablecoinTransfer, Ticker
from clri.model.secret import Secret
from clri.observe.shares import OpenInterestShares
from clri.observe.stablecoins import Stablecoins
from clri.testing.fake_venues.server import FakeVenues
from clri.testing.fake_venues.services.chain import moves

SEED = 3
KINDS = {FeedStatus, LiquidationAggregate, StablecoinSupply, StablecoinTransfer, Ticker}
LEAST_USD = 1000.0
BEATS = 3
"""Signs of life of the transfers, a minute of the market apart, after which there is enough to compare."""


def test_every_service_delivers_and_no_transfer_is_lost_or_told_twice() -> None:
    async def main() -> None:
        facts: list = []
        enough = asyncio.Event()

        async def emit(batch) -> None:
            facts.extend(batch)
            beats = sum(isinstance(fact, FeedStatus) and fact.channel == "transfers" for fact in facts)
            if beats >= BEATS and {type(fact) for fact in facts} >= KINDS:
                enough.set()

        async with FakeVenues("calm", seed=SEED, time_factor=20.0) as world, aiohttp.ClientSession() as session:
            access = {venue: Access(url, Secret("k")) for venue, url in world.services.items()}
            setup = Setup(Watch(("BTC", "ETH"), min_usd=LEAST_USD, wallets=bundled()), access)
            providers = Providers(setup, emit, session=session, rng=random.Random(1), clock=world.clock)
            task = asyncio.create_task(providers.run())
            async with asyncio.timeout(45.0):
                await enough.wait()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            sweep = providers.mappers["etherscan"].sweep
            last = min(cursor.following_block for cursor in sweep.cursors) - 1
            now = world.clock.wall_ns()
        assert {type(fact) for fact in facts} == KINDS
        assert {fact.state for fact in facts if isinstance(fact, FeedStatus)} == {"up"}
        assert world.counts["over limit"] == 0
        for tally in providers.tallies().values():
            assert not any(key.startswith("quarantined") for key in tally.frames + tally.rows)

        told = [fact for fact in facts if isinstance(fact, StablecoinTransfer)]
        blocks = range(sweep.live_from + 1, last + 1)
        truth = [move for block in blocks for move in moves(SEED, block) if move.units >= LEAST_USD * 1e6]
        live = [fact for fact in told if not fact.backfill and fact.block <= last]
        assert len(truth) > 3
        assert sorted((fact.tx_hash, fact.amount) for fact in live) == sorted((m.tx, m.units / 1e6) for m in truth)

        flows = Stablecoins("MARKET")
        for fact in facts:
            if fact.symbol == "MARKET" and not fact.backfill:
                flows.add(fact)
        row = flows.close(now, OpenInterestShares("MARKET", []))
        expected = sum(fact.amount for fact in told if not fact.backfill and fact.flow == "EXCHANGE_OUTFLOW")
        assert (row["cov_stable"], round(row["stable_out_usd"], 3)) == (1.0, round(expected, 3))
        assert row["age_stable_s"] < 120.0

    asyncio.run(main())
