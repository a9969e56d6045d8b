"""A key goes where it belongs and nowhere else; a host may say what it allows."""

import asyncio
import random

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from clri.collect.mapper import Poll, VenueMapper
from clri.collect.transport.bucket import SHARE, Bucket
from clri.collect.transport.credential import Credential
from clri.collect.transport.host import Host
from clri.collect.transport.limits import Limits
from clri.collect.transport.poller import Poller
from clri.model.control import FeedStatus
from clri.model.secret import Secret
from tests.collect.transport.clocks import FakeClock

KEY = Secret("c4n4ry-of-mine")
LIMITS = Limits(30.0, 60.0, used_header="USED", limit_header="MOST")


@pytest.mark.parametrize(("header", "query"), [("", ""), ("X", "x")])
def test_a_key_has_one_place(header: str, query: str) -> None:
    with pytest.raises(ValueError, match="one of them"):
        Credential(KEY, header=header, query=query)


def test_without_a_key_nothing_is_added() -> None:
    credential = Credential(header="X")
    assert (credential.headers, credential.of("/a?b=1"), credential.masked(b"c4n4ry")) == ({}, "/a?b=1", b"c4n4ry")


def test_a_key_in_a_query_is_quoted() -> None:
    assert Credential(Secret("a&b=/"), query="k").of("/x") == "/x?k=a%26b%3D%2F"


def test_a_short_key_does_not_spoil_replies() -> None:
    reply = b'{"blockNumber":"0x1","k":1}'
    assert Credential(Secret("k"), query="k").masked(reply) == reply


def test_what_a_host_allows_replaces_the_estimate_and_its_count_is_of_that() -> None:
    host = Host("rest", "http://h", LIMITS, 0.0)
    host.answered(None, {"MOST": "300", "USED": "50"}, 1.0)
    assert host.bucket.tokens(1.0) == pytest.approx(300.0 * SHARE - 50.0)
    host.answered(None, {"MOST": "none", "USED": "51"}, 1.0)
    assert host.bucket.tokens(1.0) == pytest.approx(300.0 * SHARE - 51.0)


def test_a_limit_of_nothing_is_no_limit() -> None:
    bucket = Bucket(100.0, 10.0, 0.0)
    bucket.allowed(0.0, 0.0)
    assert bucket.capacity(0.0) == 100.0 * SHARE


class Steps:
    """A series of three calls; the mapper below counts the replies."""

    every_s, pace_s = 30.0, 2.0

    def __init__(self, fail_at: int | None = None) -> None:
        self.number, self.turns, self.fail_at = 0, 0, fail_at

    def following(self) -> Poll | None:
        self.number += 1
        if self.number == self.fail_at:
            raise KeyError("a bug")
        return Poll("step", "rest", "GET", f"/{self.number}", None, 1, 30.0, 0) if self.number <= 3 else None

    def interrupted(self) -> None:
        self.turns, self.number = self.turns + 1, 0


class Echo(VenueMapper):
    venue = "clri"

    def replies(self):
        return (("/", lambda *_: []),)


def run_series(steps: Steps, status: int = 200, seconds: float = 100.0) -> tuple[list[tuple[float, str]], list, Poller]:
    calls: list[tuple[float, str]] = []
    facts: list = []

    async def main() -> Poller:
        clock = FakeClock()

        async def answer(request: web.Request) -> web.Response:
            calls.append((clock.now, request.path))
            return web.json_response({}, status=status)

        async def emit(batch) -> None:
            facts.extend(batch)

        app = web.Application()
        app.router.add_get("/{tail:.*}", answer)
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            base = str(server.make_url("/")).rstrip("/")
            poller = Poller(
                "clri",
                {"rest": base},
                [],
                Echo(),
                emit,
                session=session,
                rng=random.Random(1),
                clock=clock,
                limits=Limits(100.0, 1.0),
                series=(steps,),
            )
            task = asyncio.create_task(poller.run())
            await clock.advance(seconds)
            task.cancel()
            await asyncio.wait((task,))
            return poller

    poller = asyncio.run(main())
    return calls, facts, poller


def test_a_series_is_asked_in_order_at_its_pace_turn_after_turn() -> None:
    steps = Steps()
    calls, _, __ = run_series(steps)
    assert [path for _, path in calls][:6] == ["/1", "/2", "/3"] * 2
    times = [at for at, _ in calls]
    assert times[1] - times[0] == pytest.approx(2.0, abs=0.5)
    assert times[3] - times[0] == pytest.approx(30.0, abs=0.5)


def test_a_call_that_fails_ends_the_turn() -> None:
    calls, _, __ = run_series(Steps(), status=404)
    assert {path for _, path in calls} == {"/1"}


def test_a_bug_in_a_series_is_told_and_does_not_end_it() -> None:
    steps = Steps(fail_at=2)
    calls, facts, poller = run_series(steps)
    assert [path for _, path in calls] == ["/1"] * steps.turns
    assert steps.turns >= 3
    assert poller.outcomes["error"] >= 3
    down = [fact.detail for fact in facts if isinstance(fact, FeedStatus) and fact.state == "down"]
    assert all(detail.endswith("KeyError") for detail in down)
    assert len(down) == steps.turns
