"""All data services at once: those with a key are polled, those without say so once."""

import asyncio
import importlib
import random
from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec

from clri.collect.providers import PROVIDERS
from clri.collect.providers.ccxt_polls import CcxtPolls
from clri.collect.providers.elsewhere import Elsewhere
from clri.collect.providers.mapper import ProviderMapper, Watch
from clri.collect.providers.told import disabled
from clri.collect.tally import Tally
from clri.collect.transport.clock import Clock, SystemClock
from clri.collect.transport.credential import Credential
from clri.collect.transport.poller import Poller
from clri.collect.transport.socket import Emit
from clri.collect.transport.tap import Tap
from clri.model.names import Venue
from clri.model.secret import Secret

VARIABLE: Final = "CLRI_COLLECT__{}__API_KEY"


class Access(msgspec.Struct, frozen=True):
    """How one service is reached; `url` None = its own, `key` None = none."""

    url: str | None = None
    key: Secret | None = None


class Setup(msgspec.Struct, frozen=True):
    """What is asked, of whom.

    Attributes
    ----------
    watch
        Coins, least transfer, wallet labels.
    access
        By service; one that is missing is reached at its own address without a key.
    ccxt
        Exchanges to poll through ccxt, as it spells them.
    """

    watch: Watch = Watch()
    access: Mapping[Venue, Access] = {}
    ccxt: tuple[str, ...] = ()


class Providers:
    """Every data service; `run` serves until it is cancelled.

    A service that needs a key and has none says so in one FeedStatus (channel `key`, state `disabled`, code
    CLRI-KEY-001) and is not asked.

    Parameters
    ----------
    setup
        What is asked, of whom.
    emit
        Takes batches of facts in order of receipt, among them FeedStatus: `LiquidationAggregate`, `Ticker`,
        `StablecoinTransfer`, `StablecoinSupply`.
    session
        HTTP session of the caller, who closes it; ccxt makes its own.
    rng
        Seeded; spreads waits.
    clock
        Default: the machine's clocks.
    taps
        Hear every reply as it came, by service; keys are taken out before.

    Attributes
    ----------
    elsewhere
        Figures of exchanges without an adapter.
    pollers, mappers
        By service, those that are asked.

    Raises
    ------
    ConfigError
        If exchanges are to be polled through ccxt and it is not installed, or does not know one of them.
    """

    def __init__(
        self,
        setup: Setup,
        emit: Emit,
        *,
        session: aiohttp.ClientSession,
        rng: random.Random,
        clock: Clock | None = None,
        taps: Mapping[Venue, Tap] | None = None,
    ) -> None:
        self._emit, self._clock = emit, clock or SystemClock()
        self.elsewhere = Elsewhere()
        self.mappers: dict[Venue, ProviderMapper] = {}
        self.pollers: dict[Venue, Poller] = {}
        self._without_key: list[Venue] = []
        for venue in PROVIDERS:
            made, access = mapper_class(venue), setup.access.get(venue, Access())
            if made.needs_key() and access.key is None:
                self._without_key.append(venue)
                continue
            mapper = self.mappers[venue] = made(setup.watch, self.elsewhere)
            key = access.key if made.needs_key() else None
            self.pollers[venue] = Poller(
                venue,
                {"rest": access.url or made.url},
                mapper.polls(setup.watch.symbols),
                mapper,
                emit,
                session=session,
                rng=rng,
                clock=self._clock,
                limits=made.limits,
                tap=(taps or {}).get(venue),
                credential=Credential(key, header=made.header, query=made.query),
                series=mapper.series(),
            )
        self.ccxt = (
            CcxtPolls(setup.ccxt, setup.watch.symbols, self.elsewhere, emit, clock=self._clock) if setup.ccxt else None
        )

    async def run(self) -> None:
        """Say which services have no key, and ask the others until cancelled."""
        if self._without_key:
            now = self._clock.wall_ns()
            await self._emit([disabled(venue, now, VARIABLE.format(venue.upper())) for venue in self._without_key])
        async with asyncio.TaskGroup() as group:
            for poller in self.pollers.values():
                group.create_task(poller.run())
            if self.ccxt is not None:
                group.create_task(self.ccxt.run())

    def tallies(self) -> dict[Venue, Tally]:
        """What became of the replies, by service."""
        return {venue: mapper.tally for venue, mapper in self.mappers.items()}


def mapper_class(venue: Venue) -> type[ProviderMapper]:
    """Mapper of a service; only that service's modules are loaded.

    Examples
    --------
    >>> mapper_class("etherscan").query
    'apikey'
    """
    module, name = PROVIDERS[venue].split(":")
    found: type[ProviderMapper] = getattr(importlib.import_module(module), name)
    return found
