"""The four data services, asked by clri's own providers."""

import asyncio
import random

from clri.collect.providers.mapper import Watch
from clri.collect.providers.run import Access, Providers, Setup
from clri.collect.providers.wallets import bundled
from clri.collect.simulate.coins import SYMBOLS
from clri.model.control import FeedStatus
from clri.model.facts import LiquidationAggregate, StablecoinSupply, StablecoinTransfer, Ticker
from clri.model.secret import Secret
from clri.testing.fake_venues.services import chain
from tests.testing.fake_venues.running import on_loop, running


@on_loop
async def test_clri_reads_all_four() -> None:
    async with running() as run:
        facts: list = []

        async def emit(batch) -> None:
            facts.extend(batch)

        key = Secret("any")
        access = {name: Access(url, None if name == "defillama" else key) for name, url in run.venues.services.items()}
        setup = Setup(Watch(symbols=SYMBOLS, min_usd=1e6, wallets=bundled()), access)
        providers = Providers(setup, emit, session=run.session, rng=random.Random(3), clock=run.venues.clock)
        run.tasks.append(asyncio.create_task(providers.run()))
        await run.advance(400.0)
        of = {kind: [fact for fact in facts if isinstance(fact, kind)] for kind in (LiquidationAggregate, Ticker)}
        assert {fact.symbol for fact in of[LiquidationAggregate]} == set(SYMBOLS)
        assert {fact.symbol for fact in of[Ticker]} == set(SYMBOLS)
        tokens = {fact.token for fact in facts if isinstance(fact, StablecoinSupply)}
        assert tokens == {"USDT", "USDC"}
        bad = [fact for fact in facts if isinstance(fact, FeedStatus) and fact.state not in {"up", "gap"}]
        assert not bad, bad
        assert run.venues.counts["over limit"] == 0
        transfers = [fact for fact in facts if isinstance(fact, StablecoinTransfer)]
        newest, told = chain.block_at(run.venues.clock.ms() // 1000), {fact.tx_hash for fact in transfers}
        blocks = range(min(fact.block for fact in transfers), newest - 4)
        large = {move.tx for block in blocks for move in chain.moves(1, block) if move.units >= 1e12}
        assert large <= told
        assert len(told) == len(transfers)
        assert {fact.flow for fact in transfers} & {"EXCHANGE_INFLOW", "EXCHANGE_OUTFLOW"}


@on_loop
async def test_refusals_are_the_services_own() -> None:
    async with running() as run:

        async def asked(name: str, path: str):
            async with run.session.get(run.venues.services[name] + path) as reply:
                return reply.status, await reply.json()

        assert (await asked("etherscan", "?chainid=1&module=proxy&action=eth_blockNumber"))[1]["status"] == "0"
        assert (await asked("coinglass", "/api/futures/funding-rate/exchange-list"))[1]["code"] == "401"
        assert (await asked("coingecko", "/none"))[0] == 404
        await run.advance(1.5)
        calls = [(await asked("etherscan", "?chainid=1&module=proxy&action=x&apikey=k"))[1] for _ in range(4)]
        assert "rate limit" in calls[-1]["result"]
        run.venues.fault("status", venue="defillama", value=503)
        assert (await asked("defillama", "/stablecoins"))[0] == 503


def test_the_chain_is_the_same_whenever_it_is_asked() -> None:
    block = chain.FIRST_BLOCK + 5_000_000
    assert chain.moves(4, block) == chain.moves.__wrapped__(4, block)
    every = [move for k in range(6000) for move in chain.moves.__wrapped__(4, block + k)]
    large = [move for move in every if move.kind == "transfer" and move.units >= 1e12]
    hours = 6000 * chain.BLOCK_S / 3600.0
    assert 14.0 < len(large) / hours < 27.0
    made = [move for move in every if move.kind != "transfer" or chain.ZERO in {move.sender, move.to}]
    assert len(made) <= 8
    assert len({move.tx for move in every}) == len(every)
