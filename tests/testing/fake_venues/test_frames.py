"""The venues' frames from a tape: deterministic, lazy, and decoded to what was said."""

from collections import Counter
from hashlib import sha256

import pytest

from clri.collect.decoders import Decoders, mapper_class
from clri.collect.simulate.chance import latency_ns, units
from clri.collect.simulate.coins import COINS, PLACES, SYMBOLS
from clri.collect.simulate.frames import FrameStream, encode
from clri.collect.simulate.past import Past
from clri.collect.simulate.venues import FRAMES
from clri.collect.simulate.view import View
from clri.collect.simulate.voice import RefusedError
from clri.collect.venues import VENUES
from clri.model.facts import Bar, Depth, Liquidation, MarkFunding, OpenInterest
from clri.model.instrument import Instrument
from tests.testing.fake_venues.market import START_NS, SmallWorld, grown

MS = START_NS // 1_000_000
PLACE = {place.venue: number for number, place in enumerate(PLACES)}


def streamed(pieces, **names) -> list:
    world = SmallWorld()
    stream = FrameStream(world.tape, **names)
    found = [spoken for seconds in pieces for spoken in stream.extend(world.advance(seconds))]
    return [*found, *stream.rest()]


def test_the_same_bytes_however_the_tape_is_cut() -> None:
    def digest(frames) -> str:
        return sha256(b"".join(frame.line() for frame in frames)).hexdigest()

    whole = streamed([90])
    assert digest(whole) == digest(streamed([1, 29, 7, 53]))
    assert [one.recv_ns for one in whole] == sorted(one.recv_ns for one in whole)


def test_what_is_decoded_is_what_was_said_and_nothing_is_put_aside() -> None:
    frames = streamed([120])
    decoders, facts = Decoders(), []
    for one in frames:
        facts += decoders.decode(one.venue, 0, one.path, one.raw, one.recv_ns)
    for venue, tally in decoders.tallies().items():
        assert not [name for name in (*tally.frames, *tally.rows) if name.startswith("quarantined")], venue
    got = Counter(
        (f.venue, f.symbol, f.side, f.price, f.qty, f.usd, f.ts_venue) for f in facts if isinstance(f, Liquidation)
    )
    assert got == Counter(tuple(sent)[:7] for one in frames for sent in one.sent)
    assert {fact.venue for fact in facts} == set(VENUES)
    assert all(fact.valid and fact.reach_bid_pct > 1.0 for fact in facts if isinstance(fact, Depth))


def test_every_order_is_told_or_has_its_reason() -> None:
    world = SmallWorld(per_s=20.0)
    stream = FrameStream(world.tape)
    frames = [*stream.extend(world.advance(60)), *stream.rest()]
    told = Counter(sent.number for one in frames for sent in one.sent)
    withheld = {one.order.number for one in stream.unsent}
    assert set(told) | withheld == {order.number for order in world.tape.orders}
    assert not set(told) & withheld
    assert set(told.values()) == {1}
    of = {order.number: PLACES[order.place].venue for order in world.tape.orders}
    assert {of[number] for number in withheld} == {"binance", "okx", "bitget", "hyperliquid"}


def test_throttles_keep_the_largest_or_the_first() -> None:
    tape = grown(60, per_s=200.0)
    for venue, keep in (("binance", "largest"), ("okx", "first"), ("bitget", "side")):
        voice = FRAMES[venue](View(tape, PLACE[venue]))
        for second in range(START_NS // 10**9, START_NS // 10**9 + 60):
            orders = voice.view.orders(second)
            told = {sent.number for frame in voice.second(second).told for sent in frame.sent}
            slow = set()
            for key in {(one.coin, one.long if keep == "side" else None) for one in orders}:
                group = [one for one in orders if one.coin == key[0] and key[1] in {None, one.long}]
                best = group[0] if keep == "first" else max(group, key=lambda one: one.usd)
                slow.add(best.number)
            assert told == slow


def test_batches_of_bybit_and_gate() -> None:
    tape = grown(20, per_s=300.0)
    gate = FRAMES["gate"](View(tape, PLACE["gate"]))
    bybit = FRAMES["bybit"](View(tape, PLACE["bybit"]))
    sizes = []
    for second in range(START_NS // 10**9, START_NS // 10**9 + 20):
        sizes += [len(told.sent) for told in gate.second(second).told]
        for told in bybit.second(second).told:
            times = [sent.at // 1_000_000 for sent in told.sent]
            assert all(told.at - 500 <= at < told.at for at in times)
            assert told.at % 500 == 0
            assert len({sent.symbol for sent in told.sent}) == 1
    assert max(sizes) == 20


def test_a_third_of_hyperliquids_orders_meet_a_vault() -> None:
    tape = grown(60, per_s=200.0)
    voice = FRAMES["hyperliquid"](View(tape, PLACE["hyperliquid"]))
    orders = sum(len(voice.view.orders(second)) for second in range(START_NS // 10**9, START_NS // 10**9 + 60))
    told = sum(len(f.sent) for s in range(START_NS // 10**9, START_NS // 10**9 + 60) for f in voice.second(s).told)
    assert 0.3 < told / orders < 0.4


def test_prices_are_bankruptcies_where_the_venue_tells_those() -> None:
    tape = grown(30)
    by_number = {order.number: order for order in tape.orders}
    for venue, number in PLACE.items():
        voice = FRAMES[venue](View(tape, number))
        for second in range(START_NS // 10**9, START_NS // 10**9 + 30):
            for sent in (sent for told in voice.second(second).told for sent in told.sent):
                order = by_number[sent.number]
                assert sent.price == (order.bankrupt if venue in {"okx", "bybit"} else order.price)
                assert sent.side == order.side
                if venue in {"bybit", "gate", "binance"}:
                    assert sent.qty == pytest.approx(order.qty, rel=1e-12)


# ---------------------------------------------------------------- asked
def mapper_with_list(venue: str, voice):
    mapper = mapper_class(venue)()
    for poll in mapper.lists():
        reply = voice.reply(poll.method, poll.path, poll.body, MS + 200_000)
        facts = mapper.reply(poll.asked, encode(reply), START_NS + 200 * 10**9)
        mapper.table.update(fact for fact in facts if isinstance(fact, Instrument))
    return mapper


@pytest.fixture(scope="module")
def played():
    world, past = SmallWorld(), Past()
    for _ in range(8):
        past.keep(world.advance(60))
    return world.tape, past


@pytest.mark.parametrize("venue", VENUES)
def test_every_call_that_clri_makes_is_answered_and_decodes(venue, played) -> None:
    tape, past = played
    voice = FRAMES[venue](View(tape, PLACE[venue], past))
    mapper = mapper_with_list(venue, voice)
    at = MS + 470_000
    once = [*mapper.history(SYMBOLS, at * 1_000_000), *mapper.hourly(SYMBOLS), *mapper.gap(START_NS)]
    facts = []
    for poll in [*mapper.polls(SYMBOLS), *once]:
        reply = voice.reply(poll.method, poll.path, poll.body, at)
        assert reply is not None, poll.path
        facts += mapper.reply(poll.asked, encode(reply), at * 1_000_000)
    assert not [name for name in (*mapper.tally.frames, *mapper.tally.rows) if name.startswith("quarantined")]
    if venue in {"binance", "bybit"}:
        bars = [fact for fact in facts if isinstance(fact, Bar)]
        assert {(bar.symbol, bar.tf) for bar in bars} >= {(symbol, "1m") for symbol in SYMBOLS}
        assert all(bar.l <= min(bar.o, bar.c) and bar.h >= max(bar.o, bar.c) for bar in bars)
        old = [fact for fact in facts if isinstance(fact, OpenInterest) and fact.backfill]
        assert {fact.symbol for fact in old} == set(SYMBOLS)
    if venue == "gate":
        past_orders = [fact for fact in facts if isinstance(fact, Liquidation)]
        assert len(past_orders) == sum(o.place == PLACE["gate"] and o.ms <= at for o in tape.orders)


@pytest.mark.parametrize("venue", VENUES)
def test_an_unknown_contract_and_an_unknown_path_are_the_venues_own_errors(venue, played) -> None:
    tape, past = played
    voice = FRAMES[venue](View(tape, PLACE[venue], past))
    assert voice.reply("GET", "/no/such/path", None, MS) is None
    calls = [poll for poll in mapper_class(venue)().polls(("BTC",)) if "BTC" in f"{poll.path}{poll.body or b''}"]
    assert calls
    for poll in calls:
        body = None if poll.body is None else poll.body.replace(b"BTC", b"NOCOIN")
        with pytest.raises(RefusedError) as refused:
            voice.reply(poll.method, poll.path.replace("BTC", "NOCOIN"), body, MS)
        mapper = mapper_class(venue)()
        assert refused.value.status >= 400 or mapper.reply(poll.path, encode(refused.value.body), START_NS) == []


def test_bybit_pages_its_list(played) -> None:
    tape, past = played
    voice = FRAMES["bybit"](View(tape, PLACE["bybit"], past))
    path, names = "/v5/market/instruments-info?category=linear&limit=3&cursor=", []
    cursor = ""
    while True:
        result = voice.reply("GET", path + cursor, None, MS)["result"]
        names += [row["symbol"] for row in result["list"]]
        cursor = result["nextPageCursor"]
        if not cursor:
            break
    assert names == [f"{coin.symbol}USDT" for coin in COINS]


def test_funding_is_the_venues_own_and_the_same_rate(played) -> None:
    tape, past = played
    for venue, number in PLACE.items():
        view = View(tape, number, past)
        voice = FRAMES[venue](view)
        mapper, rates = mapper_with_list(venue, voice), {}
        for topic in voice.topics():
            if topic.channel != voice.liquidations:
                for told in (*voice.first(topic, MS + 200_000), *voice.frames_of(topic, MS + 200_000, MS + 231_000)):
                    facts = mapper.decode(encode(told.frame), told.at * 1_000_000)
                    rates |= {f.symbol: (f.rate_8h, told.at) for f in facts if isinstance(f, MarkFunding) and f.rate_8h}
        assert set(rates) == set(SYMBOLS), venue
        for i, coin in enumerate(COINS):
            rate, at = rates[coin.symbol]
            near = [view.now(at - back * 1000).rate[i] for back in range(35)]
            assert min(abs(rate - one) for one in near) < 2e-8


def test_chance_is_hashed() -> None:
    found = units(2000, 5)
    assert 0.45 < found.mean() < 0.55
    assert found.min() >= 0.0
    assert found.max() < 1.0
    lags = sorted(latency_ns(60_000_000, 1, k) for k in range(4000))
    assert lags[2000] == pytest.approx(60e6, rel=0.05)
    assert lags[400] / lags[2000] == pytest.approx(0.6, abs=0.05)  # exp(-1.28 x .4)
