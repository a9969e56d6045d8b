"""The socket runner against a venue on 127.0.0.1, on a clock that the tests move."""

import asyncio

import pytest

from clri.collect.transport.clock import SystemClock
from clri.collect.transport.queue import FactQueue
from clri.model.control import FeedStatus
from clri.model.facts import Liquidation
from tests.collect.transport.clocks import turns
from tests.collect.transport.running import Told, on_loop, running

BTC = {"tickers.BTCUSDT", "orderbook.50.BTCUSDT", "allLiquidation.BTCUSDT"}


@on_loop
async def test_up_comes_with_data_not_with_the_ack() -> None:
    async with running() as run:
        run.venue.mute = True
        await run.until(lambda: run.venue.requests)
        await run.advance(2.0)
        assert {topic for topics in run.venue.topics.values() for topic in topics} == BTC
        assert run.facts == []
        run.venue.mute = False
        await run.until(lambda: run.states("liquidation") == ["up"])
        assert [(fact.symbol, fact.state) for fact in run.statuses("tickers")] == [("BTC", "up")]
        assert {type(fact).__name__ for fact in run.data()} == {"MarkFunding", "Ticker", "Book", "Liquidation"}
        assert [fact.ts for fact in run.data()] == sorted(fact.ts for fact in run.data())


@on_loop
async def test_binance_streams_in_the_url_and_in_frames() -> None:
    async with running("binance") as run:
        await run.until(lambda: len(run.venue.sockets) == 2)
        await run.until(lambda: run.states("@ticker") == ["up"] and run.states("@depth20@500ms") == ["up"])
        assert run.states("liquidation") == ["up"]
        assert run.states("!markPrice@arr@1s") == ["up"]
        assert {type(fact).__name__ for fact in run.data()} == {"MarkFunding", "Ticker", "Book", "Liquidation"}


@on_loop
async def test_a_reset_is_a_gap_and_ends_within_three_seconds() -> None:
    async with running() as run:
        await run.until(lambda: run.states("liquidation") == ["up"])
        await run.advance(3.0)
        last = max(fact.ts for fact in run.data())
        await run.venue.reset()
        assert (
            await run.until(lambda: run.states("liquidation")[-1] == "up" and len(run.states("liquidation")) > 1) <= 3.0
        )
        assert run.states("liquidation") == ["up", "down", "gap", "up"]
        _, down, gap, up = run.statuses("liquidation")
        assert down.code == "CLRI-NET-002"
        assert down.detail.startswith("lost: ")
        assert abs(gap.gap_from - last) < 1_000_000
        assert down.gap_from == gap.gap_from < gap.gap_to == up.ts
        assert gap.ts < up.ts
        assert run.states("tickers") == ["up", "down", "gap", "up"]


@on_loop
async def test_a_reset_of_one_socket_leaves_the_other_alone() -> None:
    async with running("binance") as run:
        await run.until(lambda: run.states("@depth20@500ms") == ["up"] and run.states("@ticker") == ["up"])
        (public,) = [s for s in run.venue.sockets if run.venue.topics[s] == ["btcusdt@depth20@500ms"]]
        public._req.transport.abort()
        await run.until(lambda: run.states("@depth20@500ms") == ["up", "down", "gap", "up"])
        assert run.states("@ticker") == run.states("liquidation") == ["up"]


@on_loop
async def test_blackhole_stale_then_resubscribe_then_reconnect() -> None:
    async with running() as run:
        await run.until(lambda: run.states("liquidation") == ["up"])
        await run.advance(5.0)
        run.venue.mute = True
        asked = len(run.venue.requests)
        assert 5.0 <= await run.until(lambda: run.states("tickers")[-1] == "stale") <= 10.0
        await run.until(lambda: run.states("liquidation")[-1] == "stale", 1.0)
        assert run.statuses("tickers")[-1].code == "CLRI-FEED-002"
        await run.until(lambda: [r["op"] for r in run.venue.requests[asked:] if r["op"] != "ping"], 20.0)
        await run.until(lambda: {r["op"] for r in run.venue.requests[asked:]} >= {"unsubscribe", "subscribe"}, 5.0)
        assert run.venue.handshakes == 1
        await run.until(lambda: run.venue.handshakes == 2, 30.0)
        assert run.statuses("tickers")[-1].detail.startswith("silent: ")
        run.venue.mute = False
        await run.until(lambda: run.states("liquidation")[-1] == "up")
        gap = [fact for fact in run.statuses("liquidation") if fact.state == "gap"][-1]
        assert (gap.gap_to - gap.gap_from) / 1e9 > 15.0


@on_loop
async def test_heartbeats_without_data_are_no_life() -> None:
    async with running() as run:
        await run.until(lambda: run.states("liquidation") == ["up"])
        run.venue.silent |= BTC
        pings = run.venue.pings
        await run.until(lambda: run.states("liquidation")[-1] == "stale", 15.0)
        await run.until(lambda: run.venue.pings > pings, 30.0)
        assert "up" not in run.states("liquidation")[1:]


@on_loop
async def test_quiet_liquidations_are_alive_while_a_ticker_is() -> None:
    async with running() as run:
        run.venue.silent.add("allLiquidation.BTCUSDT")
        await run.until(lambda: run.states("liquidation") == ["up"])
        await run.advance(90.0)
        assert run.states("liquidation") == ["up"]
        assert not [fact for fact in run.data() if isinstance(fact, Liquidation)]
        assert run.venue.handshakes == 1


@on_loop
async def test_one_frozen_topic_costs_one_socket_not_many() -> None:
    async with running() as run:
        await run.until(lambda: run.states("orderbook.50") == ["up"])
        run.venue.silent.add("orderbook.50.BTCUSDT")
        await run.until(lambda: run.venue.handshakes == 2, 60.0)
        await run.advance(120.0)
        assert run.venue.handshakes == 2
        assert run.states("orderbook.50")[-1] in {"stale", "down"}
        assert run.states("tickers")[-1] == run.states("liquidation")[-1] == "up"
        run.venue.silent.clear()
        await run.until(lambda: run.states("orderbook.50")[-1] == "up")


@on_loop
async def test_a_stalled_loop_is_not_the_venues_silence() -> None:
    async with running() as run:
        await run.until(lambda: run.states("liquidation") == ["up"])
        await run.advance(5.0)
        run.clock.jump(40.0)
        await turns()
        await run.advance(2.0)
        assert set(run.states("tickers")) == set(run.states("liquidation")) == {"up"}


@pytest.mark.parametrize("answer", ["nack", "none"])
def test_a_refused_subscription_is_tried_twice_and_told(answer) -> None:
    async def main() -> None:
        async with running(answer=answer) as run:
            await run.until(lambda: run.statuses("liquidation"), 30.0)
            subscribes = [r for r in run.venue.requests if r["op"] == "subscribe"]
            assert len(subscribes) == 2
            (told,) = [fact for fact in run.statuses("liquidation") if fact.code == "CLRI-FEED-003"]
            assert (told.state, told.symbol) == ("down", "BTCUSDT")
            assert told.detail == (
                "nack: no such topic" if answer == "nack" else "nack: no acknowledgement within 10 s"
            )

    asyncio.run(main())


@on_loop
async def test_a_frame_above_the_cap_costs_the_socket() -> None:
    async with running() as run:
        await run.until(lambda: run.states("tickers") == ["up"])
        await run.venue.sockets[0].send_str("x" * ((1 << 20) + 1))
        await run.until(lambda: run.states("tickers") == ["up", "down", "gap", "up"])
        assert run.statuses("tickers")[1].code == "CLRI-FEED-005"
        assert run.venue.closes == [1009]


@on_loop
async def test_a_cancel_closes_cleanly_and_leaves_a_gap() -> None:
    async with running() as run:
        await run.until(lambda: run.states("liquidation") == ["up"])
        run.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run.task
        await turns()
        assert run.venue.closes == [1000]
        for channel in ("liquidation", "tickers", "orderbook.50"):
            gap = run.statuses(channel)[-1]
            assert (gap.state, gap.code) == ("gap", "CLRI-FEED-006")
            assert gap.gap_from is not None


@on_loop
async def test_three_losses_are_flapping_although_connected() -> None:
    async with running() as run:
        for _ in range(3):
            await run.until(lambda: run.venue.sockets and run.venue.topics[run.venue.sockets[0]])
            await run.advance(1.0)
            before = run.venue.handshakes
            await run.venue.reset()
            await run.until(lambda before=before: run.venue.handshakes > before)
        await run.until(lambda: run.venue.sockets)
        await run.advance(10.0)
        assert run.statuses("liquidation")[-1].state == "down"
        assert run.statuses("liquidation")[-1].code == "CLRI-FEED-004"
        await run.until(lambda: run.states("liquidation")[-1] == "up", 600.0)


@pytest.mark.parametrize(
    ("status", "state", "wait_s"), [(451, "geo_blocked", 900.0), (403, "down", 600.0), (429, "down", 60.0)]
)
def test_a_refused_handshake_is_not_hammered(status, state, wait_s) -> None:
    async def main() -> None:
        async with running() as run:
            run.venue.status = status
            await run.venue.reset()
            await run.until(lambda: [s.code for s in run.statuses("liquidation")][-1:] == [f"CLRI-NET-{status}"], 10.0)
            assert run.states("liquidation")[-1] == state
            before = run.venue.handshakes
            await run.clock.advance(wait_s - 5.0)
            assert run.venue.handshakes == before
            run.venue.status = 101
            await run.until(lambda: run.states("liquidation")[-1] == "up", 10.0)

    asyncio.run(main())


@on_loop
async def test_a_slow_consumer_stops_the_reading_and_loses_no_liquidation() -> None:
    taken, gate = [], asyncio.Event()

    async def emit(batch) -> None:
        await gate.wait()
        taken.extend(batch)

    async with running(emit=emit, queue=FactQueue(max_frames=50)) as run:
        await run.until(lambda: run.venue.sockets and run.venue.topics[run.venue.sockets[0]])
        await run.advance(60.0)
        assert len(run.runner.queue) <= 70
        gate.set()
        sent = run.venue.n
        await run.until(lambda: sum(isinstance(fact, Liquidation) for fact in taken) >= sent // 3, 30.0)
        assert run.runner.queue.dropped["Ticker"] > 0
        assert run.venue.handshakes == 1
        assert {fact.state for fact in taken if isinstance(fact, FeedStatus)} == {"up"}


@on_loop
async def test_a_broken_book_is_asked_for_again_once() -> None:
    async with running(mapper=Told) as run:
        await run.until(lambda: run.states("orderbook.50") == ["up"])
        before = len(run.venue.requests)
        for _ in range(5):
            await run.venue.sockets[0].send_str("a hole")
        await run.advance(2.0)
        assert [r["op"] for r in run.venue.requests[before:]] == ["unsubscribe", "subscribe"]
        assert all(r["args"] == ["orderbook.50.BTCUSDT"] for r in run.venue.requests[before:])
        assert run.venue.handshakes == 1


@on_loop
async def test_a_bug_in_a_mapper_costs_its_socket_only() -> None:
    async with running(mapper=Told) as run:
        await run.until(lambda: run.states("tickers") == ["up"])
        await run.venue.sockets[0].send_str("a bug")
        await run.until(lambda: run.states("tickers") == ["up", "down", "gap", "up"])
        assert run.statuses("tickers")[1].detail == "lost: error in clri: KeyError"
        assert run.runner.counts["losses"] == 1


@on_loop
async def test_broken_frames_cost_nothing() -> None:
    async with running() as run:
        await run.until(lambda: run.states("tickers") == ["up"])
        for text in ("{", '{"topic":"tickers.BTCUSDT","data":' + "[" * 100_000, "NaN", ""):
            await run.venue.sockets[0].send_str(text)
        await run.venue.sockets[0].send_bytes(b"\xff\xfe\x00")
        await run.advance(5.0)
        assert {fact.state for fact in run.statuses()} == {"up"}
        assert run.venue.handshakes == 1


@on_loop
async def test_broken_frames_are_no_sign_of_life() -> None:
    async with running() as run:
        await run.until(lambda: run.states("tickers") == ["up"])
        run.venue.mute = True

        async def noise() -> None:
            for socket in run.venue.sockets[:]:
                await socket.send_str('{"topic":"tickers.BTCUSDT","data":{"symbol":"BTCUSDT","markPrice":"nan"')

        assert await run.clock.until(lambda: run.states("tickers")[-1] == "stale", 11.0, noise) >= 5.0


@on_loop
async def test_the_wall_clock_set_back_makes_no_negative_gap() -> None:
    async with running() as run:
        await run.until(lambda: run.states("tickers") == ["up"])
        run.clock.wall_shift_ns = -3600 * 10**9
        await run.venue.reset()
        await run.until(lambda: run.states("tickers")[-2:] == ["gap", "up"])
        run.clock.wall_shift_ns -= 3600 * 10**9
        await run.advance(5.0)
        gaps = [fact for fact in run.statuses() if fact.state == "gap"]
        assert gaps
        assert all(fact.gap_from <= fact.gap_to for fact in gaps)
        assert run.venue.handshakes == 2


@on_loop
async def test_a_handshake_that_hangs_is_given_up() -> None:
    async with running() as run:
        await run.until(lambda: run.states("tickers") == ["up"])
        run.venue.status = 0
        await run.venue.reset()
        await run.until(lambda: run.venue.handshakes == 2)
        assert 9.0 <= await run.until(lambda: run.venue.handshakes == 3) <= 13.0
        run.venue.status = 101
        await run.until(lambda: run.states("tickers")[-1] == "up", 30.0)
        run.venue.hung.set()


@on_loop
async def test_on_the_machines_clock() -> None:
    async with running(clock=SystemClock()) as run, asyncio.timeout(5.0):
        while run.states("liquidation") != ["up"]:
            await run.venue.push()
            await turns()
        assert run.data()
