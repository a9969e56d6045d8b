"""Rotation: a socket is replaced before the venue cuts it, and nothing is lost."""

from clri.model.facts import Liquidation, Ticker
from tests.collect.transport.running import Told, on_loop, running


@on_loop
async def test_rotation_loses_nothing() -> None:
    async with running() as run:
        await run.until(lambda: run.states("liquidation") == ["up"])
        run.clock.jump(24 * 3600.0 - 5.0)  # a jump is a stall, so nothing goes stale
        await run.until(lambda: run.venue.handshakes == 2, 10.0)
        await run.until(lambda: run.venue.closes == [1000], 10.0)
        await run.advance(1.0)
        assert run.states("liquidation") == run.states("tickers") == ["up"]
        assert run.runner.counts["rotations"] == 1
        told = {fact.ts_venue for fact in run.data() if isinstance(fact, Liquidation)}
        prices = {fact.last for fact in run.data() if isinstance(fact, Ticker)}
        sent = run.venue.n
        assert len(told) + len(prices) >= 2 * (sent // 3) - 2


@on_loop
async def test_a_new_socket_without_data_does_not_replace_the_old() -> None:
    async with running() as run:
        await run.until(lambda: run.states("liquidation") == ["up"])
        run.venue.answer = "none"  # the new socket gets no topics
        run.clock.jump(24 * 3600.0)
        await run.until(lambda: run.venue.closes == [1000], 60.0)
        assert len(run.venue.sockets) == 1
        assert run.runner.counts["rotations"] == 0
        assert set(run.states("tickers")) == {"up"}


@on_loop
async def test_a_notice_rotates_at_once_and_without_a_gap() -> None:
    async with running(mapper=Told) as run:
        await run.until(lambda: run.states("liquidation") == ["up"])
        await run.venue.sockets[0].send_str("closing for an upgrade")
        await run.until(lambda: run.venue.closes == [1000], 5.0)
        await run.advance(30.0)
        assert run.venue.handshakes == 2
        assert {fact.state for fact in run.statuses()} == {"up"}


async def rotating(run) -> None:
    """Start a rotation whose new socket delivers, but never all topics."""
    run.venue.silent = {"orderbook.50.ETHUSDT"}
    await run.until(lambda: run.states("liquidation") == ["up"])
    (old,) = run.venue.sockets
    await old.send_str("closing for an upgrade")
    await run.until(lambda: len(run.venue.sockets) == 2 and len(run.venue.topics[run.venue.sockets[1]]) == 6)
    await run.advance(1.0)
    run.venue.muted.add(old)


@on_loop
async def test_what_the_new_socket_delivers_is_up_after_it_takes_over() -> None:
    async with running(mapper=Told, coins=("BTC", "ETH")) as run:
        await rotating(run)
        await run.until(lambda: run.states("liquidation")[-1] == "stale", 15.0)
        await run.until(lambda: run.runner.counts["rotations"] == 1, 40.0)
        await run.advance(1.0)
        assert run.states("liquidation") == ["up", "stale", "gap", "up"]
        assert run.venue.handshakes == 2


@on_loop
async def test_a_socket_lost_during_its_rotation_leaves_no_gap() -> None:
    async with running(mapper=Told, coins=("BTC", "ETH")) as run:
        await rotating(run)
        run.venue.sockets[0]._req.transport.abort()
        await run.until(lambda: run.runner.counts["rotations"] == 1, 5.0)
        await run.advance(4.0)
        assert run.states("liquidation") == ["up"]
        assert run.venue.handshakes == 2
