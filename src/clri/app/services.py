"""The data services as one source of the live host."""

import asyncio
import random
from collections.abc import Mapping

import aiohttp

from clri.app.providers import provider_setup
from clri.app.settings import Settings
from clri.collect.providers.run import Providers
from clri.collect.tally import Tally
from clri.collect.transport.socket import Emit
from clri.model.names import Venue
from clri.ports import Clock


class Services:
    """Coinglass, CoinGecko, Etherscan, DefiLlama and further exchanges through ccxt; `run` serves until cancelled.

    Those without a key say so and are not asked. Their history is no start of any score, so nothing waits for them.
    """

    venue: Venue = "clri"

    def __init__(self, settings: Settings, emit: Emit, *, rng: random.Random, clock: Clock) -> None:
        self.begun = asyncio.Event()
        self.begun.set()
        self._setup = provider_setup(settings)
        self._emit, self._rng, self._clock = emit, rng, clock
        self.providers: Providers | None = None

    async def run(self) -> None:
        """Ask until cancelled."""
        async with aiohttp.ClientSession() as session:
            self.providers = Providers(self._setup, self._emit, session=session, rng=self._rng, clock=self._clock)
            await self.providers.run()

    def tallies(self) -> Mapping[Venue, Tally]:
        """What became of the replies, by service."""
        return {} if self.providers is None else self.providers.tallies()
