"""`clri up`: all venues live, scored and stored; no key, no server."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clri.app.cli.context import Globals, emit_json, globals_of

WATCH_S = 1.0

if TYPE_CHECKING:
    from clri.app.live import Live
    from clri.model.codec import Output
    from clri.model.facts import Fact


def command(
    ctx: typer.Context,
    symbols: Annotated[str | None, typer.Option("--symbols", help="Symbols to track, comma-separated.")] = None,
    exchanges: Annotated[str | None, typer.Option("--exchanges", help="Venues to collect, comma-separated.")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Store to write; the data folder's by default.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the first minute that was scored.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --once: one JSON document.")] = False,
) -> None:
    """Collect all venues live, score every minute, keep everything."""
    from clri.model.errors import InputError

    said = globals_of(ctx)
    if json and not once:
        raise InputError("--json was given without --once; a stream of documents has no end", code="CLRI-CFG-012")
    settings = said.settings(**{"general.symbols": symbols, "general.venues": exchanges})
    said.say("loading kernels …")
    from clri.app.live import Live
    from clri.app.serving import serve

    view = _View(said, once=once, json=json)
    live = Live(settings, store=store, on_facts=view.facts, on_outputs=view.outputs)
    view.live = live
    count, coins = len(live.venues), ", ".join(settings.general.symbols)
    said.say(f"collecting {coins} from {count} venues into {live.path}")
    view.say_trouble()
    raise typer.Exit(serve(view.run()))


class _View:
    """What the user sees while it runs: the market table on a terminal, lines elsewhere."""

    live: "Live"

    def __init__(self, said: Globals, *, once: bool, json: bool) -> None:
        self._said, self._once, self._json = said, once, json
        self._moving = not (said.plain or said.quiet or once)
        self._screen: Any = None
        self._settled = False
        self._trouble: dict[str, str] = {}

    async def run(self) -> None:
        """Run the collection inside its view."""
        import asyncio

        self._done = asyncio.Event()
        work = asyncio.create_task(self._shown() if self._moving else self.live.run())
        tasks = (work, asyncio.create_task(self._done.wait()), asyncio.create_task(self._watch()))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            if not work.cancelled() and work.exception() is not None:
                work.result()
            host = self.live.host
            counts = ", ".join(f"{name} {count}" for name, count in sorted(host.counts.items()))
            self._said.say(f"stopped: {counts}")
            self.say_trouble()
        if self._once:
            self._conclude()

    async def _watch(self) -> None:
        """Say trouble as it comes and goes."""
        while True:
            await self.live.clock.sleep(WATCH_S)
            if not self._moving:
                self.say_trouble()

    def say_trouble(self) -> None:
        """Say what does not work since the last call, and what works again."""
        trouble = dict(self.live.host.trouble)
        for name in sorted({*trouble, *self._trouble}):
            if trouble.get(name) != self._trouble.get(name):
                self._said.say(f"{name}: {trouble.get(name, 'well again')}")
        self._trouble = trouble

    async def _shown(self) -> None:
        import asyncio

        from rich.live import Live as Screen

        with Screen(self._table(), console=self._said.console(), auto_refresh=False) as self._screen:
            work = asyncio.create_task(self.live.run())
            try:
                while not work.done():
                    self._screen.update(self._table(), refresh=True)
                    await asyncio.wait((work,), timeout=1.0)
            finally:
                work.cancel()
                await asyncio.wait((work,))
        if not work.cancelled():
            work.result()

    def facts(self, facts: "Sequence[Fact]") -> None:
        """Say what happens to the feeds."""
        from clri.model.control import FeedStatus
        from clri.serve.terminal.feeds import feed_line

        if self._moving or self._json:
            return
        for fact in facts:
            if isinstance(fact, FeedStatus) and (line := feed_line(fact)) is not None:
                self._said.say(line)

    def outputs(self, outputs: "Sequence[Output]") -> None:
        """Notice that a minute was scored."""
        from clri.model.reading import MarketReading
        from clri.serve.terminal.feeds import market_line

        for output in outputs:
            if isinstance(output, MarketReading):
                self._settle()
                if self._once:
                    self._done.set()
                elif not self._moving:
                    self._said.say(market_line(output))

    def _settle(self) -> None:
        """After the first minute: what stays for good is not searched for garbage again and again."""
        if not self._settled:
            import gc

            self._settled = True
            gc.collect()
            gc.freeze()

    def _table(self) -> Any:  # noqa: ANN401 - a rich renderable
        from rich.console import Group
        from rich.text import Text

        from clri.serve.terminal.health import health_view
        from clri.serve.terminal.market import market_view

        recent = self.live.recent
        now = self.live.clock.wall_ns()
        cascades = recent.cascades(None, now - 6 * 3_600_000_000_000, now)[:5]
        width = self._said.console().width
        health = recent.health()
        troubled = [row for row in health if row.state not in {"up", "quiet", "disabled"}]
        well = Text(f"all {len(health)} feeds deliver" if health else "asking the venues …", style="dim")
        return Group(
            market_view(recent.latest_readings(), recent.latest_market(), cascades, "", width),
            health_view(troubled, width) if troubled else well,
            *(Text(f"{name}: {text}", style="red") for name, text in sorted(self.live.host.trouble.items())),
        )

    def _conclude(self) -> None:
        from clri.model.codec import as_map
        from clri.model.errors import UpstreamError
        from clri.model.timebase import iso
        from clri.serve.terminal.market import market_view

        recent = self.live.recent
        readings, market = recent.latest_readings(), recent.latest_market()
        if self._json:
            emit_json(
                {
                    "mode": "live",
                    "as_of": iso(market.ts) if market else None,
                    "coverage": market.coverage if market else 0.0,
                    "market": as_map(market) if market else None,
                    "readings": [as_map(reading) for reading in readings],
                }
            )
        else:
            console = self._said.console()
            console.print(market_view(readings, market, (), "", console.width))
        if not any(one.tally().frames for one in self.live.collectors.values()):
            raise UpstreamError("no venue told anything", hint="See why: clri doctor")
