"""Each fault does what it says, to clri's own sockets and calls."""

import math
from collections import Counter
from itertools import pairwise

import msgspec
import pytest

from clri.collect.simulate.voice import Topic
from clri.model.control import FeedStatus
from clri.model.facts import Book, Liquidation, MarkFunding, OpenInterest
from clri.testing.fake_venues.damage import spoilt
from clri.testing.fake_venues.faults import KINDS, Fault, Faults
from tests.testing.fake_venues.running import on_loop, running

BTC = ("BTC",)
ACTIVE_S = 4.0


def numbers(facts) -> list[float]:
    found = [msgspec.structs.astuple(fact) for fact in facts if not isinstance(fact, FeedStatus | Book)]
    return [value for row in found for value in row if isinstance(value, float)]


@pytest.mark.parametrize("kind", ["truncated", "binary", "bad_utf8", "nan", "huge", "empty", "nesting", "renamed"])
@pytest.mark.parametrize("venue", ["binance", "bybit", "okx", "gate", "bitget", "hyperliquid"])
@on_loop
async def test_damage_is_put_aside_and_the_socket_stays(venue, kind) -> None:
    async with running() as run:
        found = await run.collect(venue, BTC, polls=False)
        await run.advance(6.0)
        assert not found.quarantined()
        run.venues.fault(kind, venue=venue, for_s=ACTIVE_S)
        await run.advance(ACTIVE_S + 1.0)
        spoilt_ = run.venues.counts[f"{venue} {kind}"]
        assert spoilt_ > 5
        assert found.quarantined().total() > 0
        assert all(math.isfinite(value) for value in numbers(found.facts))
        before = len(found.of(MarkFunding))
        await run.advance(10.0)
        assert len(found.of(MarkFunding)) > before
        assert found.runner.counts["losses"] == 0
        assert not run.told(venue) - found.liquidations(), "what was told well was read"


@on_loop
async def test_a_frame_above_the_cap_costs_the_connection() -> None:
    async with running() as run:
        found = await run.collect("bybit", BTC, polls=False)
        await run.advance(3.0)
        run.venues.fault("oversized", venue="bybit", symbol="BTC", channel="tickers", for_s=2.0)
        await run.advance(20.0)
        assert "CLRI-FEED-005" in {fact.code for fact in found.of(FeedStatus)}
        assert found.states("tickers")[-1] == "up"


@pytest.mark.parametrize("venue", ["binance", "bybit", "okx", "gate", "bitget", "hyperliquid"])
@on_loop
async def test_a_crossed_book_is_not_valid(venue) -> None:
    async with running() as run:
        found = await run.collect(venue, BTC, polls=False)
        await run.advance(4.0)
        assert all(book.valid for book in found.of(Book))
        run.venues.fault("crossed", venue=venue)
        await run.advance(4.0)
        assert not found.of(Book)[-1].valid


@on_loop
async def test_gates_older_form_tells_the_same() -> None:
    async with running() as run:
        run.venues.fault("single", venue="gate")
        found = await run.collect("gate", BTC, polls=False)
        await run.advance(30.0)
        assert run.venues.counts["gate single"] > 20
        assert found.liquidations() == run.told("gate", faulty=True)
        assert found.liquidations().total() > 5
        assert not found.quarantined()


@on_loop
async def test_a_venue_that_is_wrong_as_a_whole() -> None:
    async with running() as run:
        found = await run.collect("okx", BTC)
        await run.advance(20.0)
        (mark, interest) = (found.newest(kind, "BTC") for kind in (MarkFunding, OpenInterest))
        run.venues.fault("price_x10", venue="okx")
        run.venues.fault("oi_contracts", venue="okx")
        run.venues.fault("clock", venue="okx", value=-300.0)
        await run.advance(20.0)
        later = found.newest(MarkFunding, "BTC")
        assert later.mark == pytest.approx(10.0 * mark.mark, rel=0.02)
        assert found.newest(OpenInterest, "BTC").oi_base == pytest.approx(100.0 * interest.oi_base, rel=0.05)
        assert later.ts - later.ts_venue == pytest.approx(300e9, abs=2e9)
        assert {row.fault for row in run.venues.truth.sent[-3:]} == {"lens"}
        run.venues.clear()
        run.venues.fault("micro", venue="okx", for_s=5.0)
        await run.advance(6.0)
        assert found.quarantined()


@on_loop
async def test_duplicates_reorder_and_late() -> None:
    async with running() as run:
        found = await run.collect("bybit", BTC, polls=False)
        await run.advance(4.0)
        run.venues.fault("duplicates", venue="bybit", channel="allLiquidation", share=1.0, for_s=20.0)
        await run.advance(25.0)
        twice = Counter(row.number for row in run.venues.truth.sent if row.fault == "duplicates")
        assert set(twice.values()) == {2}
        ids = Counter(fact.event_id for fact in found.of(Liquidation))
        assert sum(n == 2 for n in ids.values()) == len(twice)
        run.venues.fault("reorder", venue="bybit", channel="allLiquidation", for_s=20.0)
        start = len(found.of(Liquidation))
        await run.advance(55.0)
        times = [fact.ts_venue for fact in found.of(Liquidation)[start:]]
        assert any(one > two for one, two in pairwise(times))
        assert found.liquidations() == run.told("bybit", faulty=True)
        run.venues.fault("late", venue="bybit", channel="allLiquidation", share=0.5, value=60.0, for_s=20.0)
        await run.advance(25.0)
        assert not [row for row in run.venues.truth.sent if row.fault == "late"]
        await run.advance(60.0)
        late = [fact for fact in found.of(Liquidation) if fact.ts - fact.ts_venue > 59e9]
        assert len(late) == sum(row.fault == "late" for row in run.venues.truth.sent) > 3


@on_loop
async def test_a_gap_in_the_sequence_breaks_the_book_until_it_is_asked_for_again() -> None:
    async with running() as run:
        found = await run.collect("bybit", BTC, polls=False)
        await run.advance(4.0)
        run.venues.fault("sequence_gap", venue="bybit", channel="orderbook.50", share=1.0, for_s=1.5)
        await run.advance(6.0)
        valid = [book.valid for book in found.of(Book)]
        assert False in valid
        assert valid[-1]
        assert found.runner.counts["renewals"] >= 1


@on_loop
async def test_a_black_hole_for_one_symbol_leaves_the_others() -> None:
    async with running() as run:
        found = await run.collect("okx", ("BTC", "ETH"), polls=False)
        await run.advance(10.0)
        run.venues.fault("blackhole", venue="okx", channel="books5", symbol="BTC")
        await run.advance(14.0)
        stale = {(fact.channel, fact.symbol) for fact in found.of(FeedStatus) if fact.state == "stale"}
        assert stale == {("books5", "BTC")}


@on_loop
async def test_heartbeats_without_data_are_seen_through() -> None:
    async with running() as run:
        found = await run.collect("bitget", BTC, polls=False)
        await run.advance(10.0)
        run.venues.fault("heartbeat_only", venue="bitget")
        await run.advance(40.0)
        assert found.states("ticker")[-1] in {"stale", "down"}
        assert found.states("liquidation")[-1] in {"stale", "down"}
        reasons = Counter(row.reason for row in run.venues.truth.unsent if row.venue == "bitget")
        assert reasons["heartbeat_only"] > 0
        run.venues.clear()
        await run.until(lambda: found.states("ticker")[-1] == "up", 90.0)


@on_loop
async def test_a_drip_brings_whole_frames_slowly() -> None:
    async with running() as run:
        found = await run.collect("gate", BTC, polls=False)
        await run.advance(3.0)
        run.venues.fault("drip", venue="gate", value=1000.0)
        start, sent = len(found.facts), run.venues.counts["gate frames sent"]
        await run.advance(20.0)
        assert 0 < run.venues.counts["gate frames sent"] - sent < 30
        assert len(found.facts) > start
        assert not found.quarantined()


@on_loop
async def test_a_reset_is_a_gap_and_a_closed_port_is_down_until_it_opens() -> None:
    async with running() as run:
        found = await run.collect("hyperliquid", BTC, polls=False)
        other = await run.collect("bybit", BTC, polls=False)
        await run.advance(5.0)
        run.venues.fault("reset", venue="hyperliquid")
        await run.until(lambda: found.states("l2Book")[-2:] == ["gap", "up"], 5.0)
        run.venues.fault("refuse", venue="hyperliquid")
        await run.advance(1.0)
        run.venues.fault("reset", venue="hyperliquid")
        await run.advance(30.0)
        assert found.states("l2Book")[-1] == "down"
        assert not run.venues.lines("hyperliquid")
        run.venues.clear()
        await run.until(lambda: found.states("l2Book")[-1] == "up", 61.0)
        assert set(other.states()) == {"up"}


@pytest.mark.parametrize(
    ("names", "outcome", "code"),
    [
        ({"kind": "status", "value": 429, "retry_after": 20}, "rate_limited", "CLRI-NET-429"),
        ({"kind": "status", "value": 418}, "banned", "CLRI-NET-418"),
        ({"kind": "status", "value": 403}, "blocked", "CLRI-NET-403"),
        ({"kind": "status", "value": 451}, "geo_blocked", "CLRI-NET-451"),
        ({"kind": "status", "value": 503}, "lost", "CLRI-NET-003"),
        ({"kind": "html"}, "content", "CLRI-NET-003"),
        ({"kind": "gzip_bomb", "value": 20}, "too_large", "CLRI-NET-003"),
    ],
)
@on_loop
async def test_replies_that_refuse(names, outcome, code) -> None:
    async with running() as run:
        run.venues.fault(**names, venue="binance")
        found = await run.collect("binance", ("BTC", "ETH"), sockets=False)
        await run.advance(25.0)
        assert found.poller.outcomes[outcome] > 0
        assert found.poller.outcomes["ok"] == 0
        assert code in {fact.code for fact in found.of(FeedStatus)}


@on_loop
async def test_damage_of_a_reply_is_put_aside() -> None:
    async with running() as run:
        found = await run.collect("bybit", BTC, sockets=False)
        run.venues.fault("nan", venue="bybit", path="/v5/market/tickers")
        run.venues.fault("truncated", venue="bybit", path="/v5/market/orderbook")
        await run.advance(30.0)
        assert found.poller.outcomes["refused"] >= 2
        assert found.quarantined()
        assert all(math.isfinite(value) for value in numbers(found.facts))


@on_loop
async def test_a_call_that_is_never_answered_runs_into_its_limit() -> None:
    async with running() as run:
        found = await run.collect("bybit", BTC, sockets=False)
        run.venues.fault("blackhole", venue="bybit", path="/v5/market/tickers")
        await run.advance(25.0)
        assert found.poller.outcomes["lost"] >= 1
        assert found.poller.outcomes["ok"] >= 2


@on_loop
async def test_another_process_steers_by_http() -> None:
    async with running() as run:
        async with run.session.post(f"{run.venues.control}/fault", json={"kind": "late", "venue": "okx"}) as reply:
            assert (reply.status, (await reply.json())["share"]) == (200, None)
        async with run.session.post(f"{run.venues.control}/fault", json={"kind": "lat"}) as reply:
            assert reply.status == 400
            assert "expected one of" in (await reply.json())["error"]
        async with run.session.get(f"{run.venues.control}/urls") as reply:
            assert (await reply.json())["venues"]["okx"]["ws_url"] == run.venues.urls["okx"].ws_url
        async with run.session.get(f"{run.venues.control}/nothing") as reply:
            assert reply.status == 404


# ---------------------------------------------------------------- the parts
def test_a_fault_concerns_what_it_names_and_ends_in_time() -> None:
    faults = Faults()
    faults.add(Fault("blackhole", "okx", "books5", "BTC", for_s=5.0), 10.0)
    (fault,) = faults.of("okx", 14.9)
    assert fault.frame(Topic("books5", "BTC-USDT-SWAP"), 1)
    assert not fault.frame(Topic("books5", "BTCDOM-USDT-SWAP"), 1)
    assert not fault.frame(Topic("mark-price", "BTC-USDT-SWAP"), 1)
    assert list(faults.of("gate", 14.9)) == list(faults.of("okx", 15.0)) == []
    assert Fault("blackhole", symbol="1000PEPE").frame(Topic("x", "1000PEPEUSDT"), 1)
    assert not Fault("blackhole", symbol="PEPE").frame(Topic("x", "1000PEPEUSDT"), 1)


@pytest.mark.parametrize("names", [{"kind": "nonsense"}, {"kind": "late", "share": 1.5}, {"kind": "late", "shape": 1}])
def test_an_impossible_fault_is_refused(names) -> None:
    from clri.testing.fake_venues import FakeVenues

    with pytest.raises(ValueError, match=r"expected|unknown"):
        FakeVenues().fault(**names)


def test_every_kind_is_documented_once() -> None:
    from clri.testing.fake_venues import faults

    groups = (faults.WIRE, faults.TIMING, faults.DAMAGE, faults.LENS, faults.REST)
    assert sum(map(len, groups)) == len(KINDS)


def test_spoilt_bytes() -> None:
    raw = b'{"ts":1790000000000,"p":"59000.5","n":3.25,"s":"BTC"}'
    assert spoilt(raw, "huge", "binance", 0)[0] == b'{"ts":1790000000000,"p":1e999,"n":1e999,"s":"BTC"}'
    assert spoilt(raw, "empty", "binance", 0)[0] == b'{"ts":1790000000000,"p":"","n":"","s":"BTC"}'
    assert spoilt(raw, "nesting", "okx", 3)[0].startswith(b'{"more":[[[]]],"ts"')
    assert len(spoilt(raw, "oversized", "okx", 1000)[0]) > 1000
    assert spoilt(raw, "bad_utf8", "okx", 0)[1] is False
