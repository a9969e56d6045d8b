"""Backoff, bucket, circuit, Retry-After, pacer and the limit of a call."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.transport.backoff import Backoff
from clri.collect.transport.bucket import Bucket
from clri.collect.transport.circuit import Circuit
from clri.collect.transport.clock import Pacer, limited
from clri.collect.transport.refusal import retry_after_s
from tests.collect.transport.clocks import FakeClock, turns


@given(st.integers(0, 10_000))
def test_waits_double_up_to_a_minute(seed) -> None:
    backoff = Backoff(random.Random(seed))
    waits = [backoff.lost(float(n)) for n in range(12)]
    assert all(0.0 <= wait <= min(60.0, 0.5 * 2**n) for n, wait in enumerate(waits))
    assert waits[0] <= 1.0


def test_waits_use_the_whole_range() -> None:
    firsts = [Backoff(random.Random(seed)).lost(0.0) for seed in range(200)]
    assert min(firsts) < 0.02
    assert max(firsts) > 0.48
    backoff = Backoff(random.Random(1))
    assert max(backoff.lost(0.0) for _ in range(200)) > 50.0


def test_a_minute_of_data_makes_the_next_loss_a_first_one() -> None:
    def third(calm_s: float) -> float:
        backoff = Backoff(random.Random(5))
        for _ in range(10):
            backoff.lost(0.0)
        backoff.data(100.0)
        backoff.data(100.0 + calm_s)
        return max(backoff.lost(100.0 + calm_s) for _ in range(1))

    assert third(60.0) <= 0.5
    assert third(59.0) > 0.5


def test_refused_connects_are_no_flapping() -> None:
    backoff = Backoff(random.Random(1))
    for at in range(5):
        backoff.lost(float(at), opened=False)
    assert not backoff.flapping(5.0)
    for at in (10.0, 300.0, 611.0):
        backoff.lost(at)
    assert not backoff.flapping(611.0)
    backoff.lost(700.0)
    assert backoff.flapping(700.0)
    assert backoff.flapping(899.0)
    assert not backoff.flapping(901.0)


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(0, 6), st.integers(1, 20)), max_size=200))
def test_a_bucket_never_passes_four_fifths_of_the_limit_in_a_window(calls) -> None:
    bucket, now, taken = Bucket(100.0, 10.0, 0.0), 0.0, []
    for wait, priority, weight in calls:
        now += wait
        if bucket.take(weight, priority, now, "x"):
            taken.append((now, weight))
    for start, _ in taken:
        assert sum(weight for at, weight in taken if start <= at < start + 10.0) <= 80 + 20


def test_a_bucket_is_halved_for_ten_minutes() -> None:
    bucket = Bucket(100.0, 10.0, 0.0)
    bucket.halve(0.0)
    assert bucket.tokens(599.0) == 20.0
    assert bucket.tokens(700.0) == 40.0


def test_a_bucket_believes_the_host() -> None:
    bucket = Bucket(100.0, 10.0, 0.0)
    bucket.used(38.0, 0.0)
    assert bucket.tokens(0.0) == 2.0
    bucket.remaining(95.0, 0.0)
    assert bucket.tokens(0.0) == 35.0


def test_a_call_heavier_than_the_bucket_is_made_in_the_end() -> None:
    bucket = Bucket(20.0, 1.0, 0.0)  # 8 a second
    assert bucket.take(20, 3, 0.0, "ratio")
    assert not bucket.take(1, 0, 1.0, "oi")
    assert bucket.take(1, 0, 2.0, "oi")


def test_the_circuit_doubles_to_a_quarter_of_an_hour() -> None:
    circuit, now, waits = Circuit(), 0.0, []
    for _ in range(5):
        circuit.failed(now)
    for _ in range(6):
        start = now
        while not circuit.allows(now):
            now += 1.0
        waits.append(now - start)
        circuit.failed(now)
    assert waits == [60.0, 120.0, 240.0, 480.0, 900.0, 900.0]
    circuit = Circuit()
    for _ in range(4):
        circuit.failed(0.0)
    circuit.worked()
    circuit.failed(0.0)
    assert not circuit.open


def test_a_half_open_circuit_lets_one_call_through() -> None:
    circuit = Circuit()
    for _ in range(5):
        circuit.failed(0.0)
    assert [circuit.allows(60.0) for _ in range(3)] == [True, False, False]
    circuit.abandoned()
    assert [circuit.allows(60.0) for _ in range(2)] == [True, False]
    circuit.worked()
    assert [circuit.allows(60.0) for _ in range(2)] == [True, True]


@given(st.text(max_size=40))
def test_any_retry_after_is_a_sane_wait(text) -> None:
    assert 0.0 <= retry_after_s(text, 0, 60.0) <= 3600.0


def test_a_pacer_spaces_turns_evenly() -> None:
    async def main() -> None:
        clock, at = FakeClock(), []
        pacer = Pacer(clock, 4.0)

        async def one() -> None:
            await pacer.turn()
            at.append(round(clock.now - 1000.0, 3))

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(one())
            await turns()
            for _ in range(20):
                clock.jump(0.0625)
                await turns(3)
        assert at == [0.0, 0.25, 0.5, 0.75]

    asyncio.run(main())


def test_limited_passes_results_errors_and_cancels() -> None:
    async def main() -> None:
        clock = FakeClock()

        async def bad() -> None:
            raise ZeroDivisionError

        async def good() -> int:
            return 3

        assert await limited(clock, 5.0, good()) == 3
        with pytest.raises(ZeroDivisionError):
            await limited(clock, 5.0, bad())
        task = asyncio.create_task(limited(clock, 5.0, asyncio.Event().wait()))
        await turns()
        clock.jump(5.0)
        with pytest.raises(TimeoutError):
            await task
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
