"""The queue: bounded, in order, and nothing that counts is lost."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from clri.collect.transport.queue import FactQueue
from clri.testing.builders import feed_status, liquidation, mark_funding, ticker
from tests.collect.transport.clocks import turns


def test_order_of_arrival_while_there_is_room() -> None:
    queue = FactQueue()
    facts = [mark_funding(ts=1), liquidation(ts=2), ticker(ts=3), feed_status(ts=4), mark_funding(ts=5)]
    for fact in facts:
        queue.put([fact], 10)
    assert queue.take() == facts
    assert not queue.dropped


@given(st.lists(st.tuples(st.sampled_from("lmbs"), st.sampled_from(["BTC", "ETH"])), max_size=120))
def test_full_keeps_every_event_and_the_newest_state_of_each_symbol(drawn) -> None:
    make = {"l": liquidation, "m": mark_funding, "b": ticker, "s": feed_status}
    queue = FactQueue(max_frames=20)
    facts = [make[kind](ts=n, symbol=symbol, raw=symbol) for n, (kind, symbol) in enumerate(drawn)]
    for fact in facts:
        queue.put([fact], 10)
    found = queue.take(1000)
    assert [fact.ts for fact in found] == sorted(fact.ts for fact in found)
    for kind in "ls":
        wanted = [fact for fact in facts if type(fact) is type(make[kind]())]
        assert [fact for fact in found if type(fact) is type(make[kind]())] == wanted
    for kind in "mb":
        for symbol in ("BTC", "ETH"):
            of = [fact for fact in facts if type(fact) is type(make[kind]()) and fact.symbol == symbol]
            assert not of or of[-1] in found
    assert len(found) + queue.dropped.total() == len(facts)


def test_bytes_bound_too() -> None:
    queue = FactQueue(max_bytes=1000)
    for n in range(50):
        queue.put([mark_funding(ts=n)], 100)
    assert len(queue) <= 10


def test_readers_wait_when_events_alone_fill_it() -> None:
    async def main() -> None:
        queue = FactQueue(max_frames=3)
        for n in range(4):
            queue.put([liquidation(ts=n)], 10)
        waiting = asyncio.create_task(queue.room())
        await turns(3)
        assert not waiting.done()
        assert len(queue.take(1)) == 1
        await waiting

    asyncio.run(main())


def test_closed_hands_out_the_rest_then_nothing() -> None:
    async def main() -> None:
        queue = FactQueue()
        queue.put([liquidation()], 10)
        queue.close()
        assert len(await queue.get()) == 1
        assert await queue.get() == []

    asyncio.run(main())
