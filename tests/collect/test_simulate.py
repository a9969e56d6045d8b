"""The simulated event: told in the venues' own frames, decoded to exactly what was said, and always labelled."""

from collections import Counter, defaultdict
from hashlib import sha256
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from clri.collect.capture import CaptureWriter
from clri.collect.decoders import mapper_class
from clri.collect.simulate.coins import COINS, PLACES
from clri.collect.simulate.event import BOTTOM, BUILD, CALM, CASCADE, SECONDS, START
from clri.collect.simulate.source import SimulatedEvent
from clri.collect.sources import CaptureSource, FrameFileSource
from clri.collect.venues import VENUES
from clri.model.control import FeedStatus
from clri.model.errors import InputError
from clri.model.facts import Depth, Fact, Liquidation, LongShortRatio, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import EXCHANGES
from clri.model.observation import NUMBERS
from clri.model.timebase import MINUTE, SECOND
from clri.observe.row import RowBuilder

SYMBOLS = SimulatedEvent.symbols


@pytest.fixture(scope="module")
def event() -> SimulatedEvent:
    return SimulatedEvent(42)


@pytest.fixture(scope="module")
def facts(event: SimulatedEvent) -> list[Fact]:
    return list(event.facts())


@pytest.fixture(scope="module")
def told(facts: list[Fact]) -> list[Liquidation]:
    return [fact for fact in facts if isinstance(fact, Liquidation)]


def second(fact: Fact) -> int:
    return (fact.ts - START) // SECOND


Series = dict[tuple[type, str, str, str], list[Fact]]


@pytest.fixture(scope="module")
def series(facts: list[Fact]) -> Series:
    """Facts by kind, venue, symbol and market."""
    found = defaultdict(list)
    for fact in facts:
        found[type(fact), fact.venue, fact.symbol, fact.market].append(fact)
    return found


def at(series: list[Fact], when: int) -> Fact:
    """Last fact of a series received before second `when`."""
    return [fact for fact in series if second(fact) < when][-1]


# ---------------------------------------------------------------- the frames
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(event: SimulatedEvent) -> None:
    def digest(of: SimulatedEvent) -> str:
        made = sha256()
        for frame in of.frames():
            made.update(frame.line())
        return made.hexdigest()

    assert digest(SimulatedEvent(42)) == digest(event)
    assert SimulatedEvent(43)._event.orders != event._event.orders


def test_no_frame_is_quarantined_or_unknown(event: SimulatedEvent, facts: list[Fact]) -> None:
    tallies = event.tallies()
    assert set(tallies) == set(VENUES)
    for venue, tally in tallies.items():
        assert set(tally.frames) <= {"decoded", "ignored:control_ack", "ignored:no_row_used", "ignored:empty"}, venue
        expected = {"ignored:merged", "ignored:told_before", "ignored:unsettled", "ignored:not_liquidation"}
        assert set(tally.rows) <= expected, venue
        assert not tally.samples
    frames = event.frames()
    assert len(frames) == sum(tally.frames.total() for tally in tallies.values()) <= 150_000
    assert tallies["okx"].frames["ignored:no_row_used"] == SECONDS // 5 * len(SYMBOLS), "indexes wait for the next mark"
    assert len(facts) > 200_000


def test_every_call_is_one_that_the_collector_makes(event: SimulatedEvent) -> None:
    # nSigFigs 3 or 4 follows from the price; the collector asks for both.
    for venue in VENUES:
        mapper = mapper_class(venue)()
        replies = [frame for frame in event.frames() if frame.venue == venue and frame.path]
        mapper.table.update(
            fact
            for frame in replies[:1]
            for fact in mapper.reply(frame.path, frame.raw, frame.recv_ns)
            if isinstance(fact, Instrument)
        )
        calls = {
            f"{poll.method} {poll.path}{f' {poll.body.decode()}' if poll.body else ''}"
            for poll in mapper.polls(SYMBOLS)
        }
        said = {frame.path for frame in replies}
        assert not [path for path in said if path not in calls and "ticker/24hr" not in path], venue


# ---------------------------------------------------------------- the liquidations
def test_decoded_liquidations_are_those_that_were_sent(event: SimulatedEvent, told: list[Liquidation]) -> None:
    got = [(f.venue, f.symbol, f.side, f.price, f.qty, f.usd, f.ts_venue, f.backfill) for f in told]
    assert got == [tuple(sent) for sent in event.truth]
    assert len({(fact.venue, fact.event_id) for fact in told}) == len(told)
    assert {(f.venue, f.symbol) for f in told if not f.backfill} == {(v, s) for v in EXCHANGES for s in SYMBOLS}


def test_sizes_are_those_of_the_orders_whatever_the_venue_counts_in(
    event: SimulatedEvent, told: list[Liquidation]
) -> None:
    by_time = defaultdict(list)
    for order in event._event.orders:
        by_time[PLACES[order.place].venue, COINS[order.coin].symbol, order.at].append(order)
    for fact in told:
        if not fact.backfill:
            orders = by_time[fact.venue, fact.symbol, fact.ts_venue]
            coin = next(coin for coin in COINS if coin.symbol == fact.symbol)
            step = max(coin.gate, 0.01 * coin.okx, 10.0**-coin.lot) * coin.price
            near = [o for o in orders if abs(o.usd - fact.usd) <= 1.01 * step + 0.004 * o.usd and o.side == fact.side]
            assert near, f"{fact} is none of {orders}"


@pytest.mark.parametrize("venue", ["binance", "okx", "bitget"])
def test_throttled_venues_tell_one_order_a_second(told: list[Liquidation], venue: str) -> None:
    per = Counter(
        (fact.symbol, fact.ts_venue // SECOND, fact.side if venue == "bitget" else "")
        for fact in told
        if fact.venue == venue and not fact.backfill
    )
    assert set(per.values()) == {1}


def test_complete_feeds_tell_every_order_and_others_less(event: SimulatedEvent, told: list[Liquidation]) -> None:
    orders = Counter(PLACES[order.place].venue for order in event._event.orders)
    seen = Counter(fact.venue for fact in told if not fact.backfill)
    for venue in EXCHANGES:
        assert (seen[venue] == orders[venue]) == (venue in {"bybit", "gate"}), venue
    assert 0.2 < seen["hyperliquid"] / orders["hyperliquid"] < 0.5
    assert {fact.completeness for fact in told if fact.venue in {"bybit", "gate"}} == {"all"}
    count, usd = event.happened
    assert (count, usd > sum(fact.usd for fact in told)) == (len(event._event.orders), True)


def test_what_is_repeated_after_a_connect_is_back_fill(told: list[Liquidation]) -> None:
    old = [fact for fact in told if fact.backfill]
    assert Counter(fact.venue for fact in old) == {"okx": 3, "bitget": 2, "hyperliquid": 2}
    assert all(fact.ts_venue < START < fact.ts for fact in old)


# ---------------------------------------------------------------- the story
@pytest.mark.parametrize("seed", [42, 7, 1])
def test_the_price_falls_four_to_seven_percent_in_two_minutes(seed: int) -> None:
    index = np.array(SimulatedEvent(seed)._event.index)
    fall = 1.0 - index[CASCADE:CALM].min(axis=0) / index[CASCADE]
    assert ((fall > 0.04) & (fall < 0.07)).all(), fall.round(4)
    assert (1.0 - index[BOTTOM - 20] / index[CASCADE + 10] > 0.8 * fall).all()


def test_leverage_builds_and_breaks(series: Series) -> None:
    for symbol in SYMBOLS:
        oi, marks = series[OpenInterest, "gate", symbol, "perp"], series[MarkFunding, "bybit", symbol, "perp"]
        assert 1.02 < at(oi, CASCADE).oi_base / at(oi, BUILD - 300).oi_base < 1.09
        assert at(oi, SECONDS).oi_base < 0.97 * at(oi, CASCADE).oi_base
        assert at(marks, 10).rate_8h == pytest.approx(1e-4)
        assert 3e-4 < at(marks, CASCADE).rate_8h < 6e-4
        ratios = series[LongShortRatio, "bitget", symbol, "perp"]
        assert at(ratios, CASCADE).ratio > 1.2 * ratios[0].ratio
        depth = series[Depth, "okx", symbol, "perp"]
        worst = min(depth, key=lambda fact: fact.bid_usd_1pct / fact.ask_usd_1pct)
        assert worst.bid_usd_1pct < 0.6 * worst.ask_usd_1pct
        assert CASCADE < second(worst) < CALM
        assert all(fact.valid and fact.reach_bid_pct > 2.0 for fact in depth)


def test_the_cascade_is_one_of_longs_on_all_venues(told: list[Liquidation]) -> None:
    burst = [fact for fact in told if CASCADE <= second(fact) < CALM]
    calm = [fact for fact in told if not fact.backfill and second(fact) < CASCADE]
    for venue in EXCHANGES:
        of_venue = [fact for fact in burst if fact.venue == venue]
        assert sum(fact.usd for fact in of_venue if fact.side == "LONG") > 0.85 * sum(fact.usd for fact in of_venue)
    assert sum(fact.usd for fact in burst) > 50.0 * sum(fact.usd for fact in calm)
    assert {fact.side for fact in calm} == {"LONG", "SHORT"}
    assert {fact.symbol for fact in burst} == set(SYMBOLS)


# ---------------------------------------------------------------- what the facts say
def test_every_venue_tells_every_input_of_every_symbol(series: Series) -> None:
    for venue in EXCHANGES:
        for symbol in SYMBOLS:
            for kind in (MarkFunding, OpenInterest, Ticker, Depth, Instrument):
                assert (kind, venue, symbol, "perp") in series
            spot = venue != "hyperliquid" or symbol in {"BTC", "ETH", "SOL"}
            assert ((Ticker, venue, symbol, "spot") in series) is spot
            assert ((LongShortRatio, venue, symbol, "perp") in series) is (venue != "hyperliquid")


def test_units_agree_between_venues(series: Series, event: SimulatedEvent) -> None:
    state = event._event
    for place in PLACES:
        for i, coin in enumerate(COINS):
            oi, mark, depth, ticker = (
                at(series[kind, place.venue, coin.symbol, "perp"], 600)
                for kind in (OpenInterest, MarkFunding, Depth, Ticker)
            )
            assert oi.oi_base == pytest.approx(state.coins[second(oi)][i] * place.oi, rel=2e-3)
            assert oi.oi_usd == pytest.approx(oi.oi_base * mark.mark, rel=2e-3)
            assert mark.mark == pytest.approx(state.index[second(mark)][i], rel=2e-3)
            assert mark.index == pytest.approx(state.index[second(mark)][i], rel=1e-3)
            slack = 0.5 if place.venue == "hyperliquid" else 0.02  # its levels are up to 0.5 % apart
            assert depth.bid_usd_1pct == pytest.approx(state.bids[second(depth)][i] * place.depth, rel=slack)
            assert ticker.vol24h_usd == pytest.approx(state.perp[second(ticker)][i] * place.oi, rel=1e-3)


def test_facts_come_in_order_and_each_venue_is_announced(facts: list[Fact]) -> None:
    assert all(one.ts <= two.ts for one, two in pairwise(facts))
    seen: set[str] = set()
    for fact in facts:
        assert fact.venue in seen or (isinstance(fact, FeedStatus) and fact.state == "up")
        seen.add(fact.venue)
    assert facts[0].ts > START
    assert facts[-1].ts < START + SECONDS * SECOND + SECOND
    assert {fact.src for fact in facts} == {"ws", "rest"}


# ---------------------------------------------------------------- the days before
def test_history_ends_where_the_event_begins(event: SimulatedEvent, facts: list[Fact]) -> None:
    first, rows = event.history()
    assert rows.shape == (len(NUMBERS), 9 * 1440, len(SYMBOLS))
    assert first + (rows.shape[1] - 1) * MINUTE == event.start
    assert event.start % MINUTE == 0
    builders = {symbol: RowBuilder(symbol, "replay-simulated", EXCHANGES) for symbol in SYMBOLS}
    for fact in facts:
        if fact.ts > START + 2 * MINUTE:
            break
        for builder in builders.values():
            builder.add(fact)
    slack = {"price": 4e-3, "index_price": 4e-3, "spot_price": 4e-3, "close": 4e-3, "bid": 0.1, "ask": 0.1, "ls_": 0.05}
    loose = ("liq_", "cascade", "age_", "open", "high", "low", "settled")
    for lane, symbol in enumerate(SYMBOLS):
        row = builders[symbol].close(START + MINUTE)
        for column, name in enumerate(NUMBERS):
            before, now = rows[column, -1, lane], getattr(row, name)
            if name.startswith(loose):
                continue
            assert np.isnan(before) == (now is None), f"{symbol} {name}: {before} then {now}"
            if now is not None:
                rel = next((value for key, value in slack.items() if name.startswith(key)), 0.03)
                assert now == pytest.approx(before, rel=rel), f"{symbol} {name}"


def test_history_is_calm_and_plausible(event: SimulatedEvent) -> None:
    rows = dict(zip(NUMBERS, event.history()[1], strict=True))
    moves = np.diff(np.log(rows["price"]), axis=0)
    daily = moves.std(axis=0) * np.sqrt(1440)
    assert ((daily > 0.012) & (daily < 0.04)).all()
    assert np.corrcoef(moves[:, 0], moves[:, 1])[0, 1] > 0.6
    assert (rows["low"] <= np.minimum(rows["open"], rows["close"])).all()
    assert (rows["high"] >= np.maximum(rows["open"], rows["close"])).all()
    resting = np.isclose(rows["funding_8h"], 1e-4).mean()
    assert 0.3 < resting < 0.8
    hours = np.add.reduceat(rows["liq_long_usd"] + rows["liq_short_usd"], range(0, rows["price"].shape[0], 60), axis=0)
    assert (np.median(hours, axis=0) / rows["oi_usd"].mean(axis=0) < 1e-3).all()
    assert (hours.max(axis=0) > 0).all()
    for name in (
        "oi_usd",
        "perp_volume_24h_usd",
        "spot_volume_24h_usd",
        "bid_depth_usd",
        "ask_depth_usd",
        "long_short_ratio",
    ):
        assert (rows[name] > 0.0).all()
    assert np.array_equal(SimulatedEvent(42).history(1)[1], SimulatedEvent(42).history(1)[1], equal_nan=True)


# ---------------------------------------------------------------- as files, and by name
def test_written_frames_give_the_same_facts(event: SimulatedEvent, facts: list[Fact], tmp_path: Path) -> None:
    path = tmp_path / "event.jsonl.gz"
    assert event.write(path) == len(event.frames())
    assert list(islice(FrameFileSource([path]).facts(), 20_000)) == facts[:20_000]


def test_captured_frames_give_the_same_facts(event: SimulatedEvent, facts: list[Fact], tmp_path: Path) -> None:
    writers = {venue: CaptureWriter(tmp_path, venue) for venue in EXCHANGES}
    for frame in islice(event.frames(), 10_000):
        if frame.path is None:
            writers[frame.venue].frame(frame.recv_ns, frame.raw)
        else:
            writers[frame.venue].reply(frame.recv_ns, frame.path, frame.raw)
    for writer in writers.values():
        writer.close()
    got = list(CaptureSource(tmp_path).facts())
    # Frames received at the same nanosecond by two venues may change places.
    assert sorted(got, key=repr) == sorted(facts[: len(got)], key=repr)
    assert len(got) > 15_000


def test_it_says_that_it_is_no_market(event: SimulatedEvent) -> None:
    assert event.mode == "replay-simulated"
    assert event.story == "SIMULATED DATA – seed 42, not a real market event"
    assert event.describe().startswith(event.story)
    with pytest.raises(InputError, match="seed was -1"):
        SimulatedEvent(-1)
