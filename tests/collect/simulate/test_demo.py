"""The demonstration, seed 42: calm, altcoins first, 65 before the push, then longs break on six venues."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from clri.app.replays import plan_demo
from clri.app.settings import Settings
from clri.collect.simulate.frames import Spoken
from clri.collect.simulate.source import SimulatedEvent
from clri.collect.simulate.truth import Truth
from clri.hosts.replay import replay
from clri.model.cascade import CascadeUpdate
from clri.model.facts import Liquidation
from clri.model.names import EXCHANGES
from clri.model.reading import MarketReading, Reading
from clri.model.timebase import MINUTE

pytestmark = pytest.mark.timeout(400)


class Hashed(SimulatedEvent):
    """The event, with a hash of everything that was said."""

    def frames(self) -> Iterator[Spoken]:
        self.said = sha256()
        for spoken in super().frames():
            self.said.update(spoken.line())
            yield spoken


class Shown(NamedTuple):
    event: Hashed
    market: dict[int, MarketReading]
    readings: dict[str, dict[int, Reading]]
    bursts: dict[str, CascadeUpdate]
    liquidations: list[Liquidation]
    truth: Path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("demo")
    market: dict[int, MarketReading] = {}
    readings: dict[str, dict[int, Reading]] = defaultdict(dict)
    bursts: dict[str, CascadeUpdate] = {}
    with Truth(folder, levels=False) as truth:
        event = Hashed(42, truth=truth)

        def note(output) -> None:
            minute = (output.ts - event.start) // MINUTE
            if isinstance(output, MarketReading):
                market[minute] = output
            elif isinstance(output, Reading):
                readings[output.symbol][minute] = output
            elif isinstance(output, CascadeUpdate) and output.kind == "burst":
                bursts[output.cascade_id] = output

        planned = plan_demo(Settings(), event, paced=False, store=folder / "demo.sqlite")
        with planned.store:
            replay(planned.source, planned.pipeline, planned.store, on_output=note)
            planned.store.flush()
            liquidations = planned.store.liquidations(None, event.start - MINUTE, event.end + MINUTE, 10**6)
    return Shown(event, market, readings, bursts, list(liquidations), folder)


def test_it_starts_calm_and_every_reading_is_whole(shown: Shown) -> None:
    assert sorted(shown.market) == list(range(1, 61))
    assert all(shown.market[minute].market_clri < 30 for minute in range(1, 16))
    for reading in shown.market.values():
        assert reading.quality == "ok"
        assert reading.mode == "replay-simulated"
    for symbol, own in shown.readings.items():
        assert len(own) == 60
        assert all(reading.quality == "ok" for reading in own.values()), symbol
        assert own[1].clri_score < 45, symbol
        assert own[1].detected_regime == "NORMAL"


def test_it_crosses_65_before_the_push_and_altcoins_come_first(shown: Shown) -> None:
    crossed = {level: min(m for m, r in shown.market.items() if r.market_clri >= level) for level in (40, 65)}
    assert 20 <= crossed[40] < crossed[65]
    assert 29 <= crossed[65] <= 35
    divergent = {row[0]: m for m, r in sorted(shown.market.items(), reverse=True) for row in r.divergent_symbols}
    assert divergent["SOL"] < crossed[40]
    assert divergent["DOGE"] < crossed[65]
    assert "BTC" not in divergent
    assert shown.market[37].market_clri >= 75
    assert shown.readings["BTC"][36].detected_regime == "FUNDING_STRESS"
    assert 2.5e-4 < shown.readings["BTC"][36].funding_rate < 8e-4


def test_the_cascade_is_one_of_longs_on_all_six_venues_in_every_symbol(shown: Shown) -> None:
    assert {update.symbol for update in shown.bursts.values()} == set(shown.event.symbols)
    for update in shown.bursts.values():
        assert update.side_bias == "LONG"
        assert set(update.venues) == set(EXCHANGES)
        assert update.state == "ended"
        assert 38 <= (update.started_at - shown.event.start) / MINUTE < 49
        assert update.threshold_source == "adaptive"
    assert any(update.market_wide for update in shown.bursts.values())
    peak = max(reading.market_clri for reading in shown.market.values())
    assert peak >= 85
    assert 55 <= shown.market[60].market_clri < peak
    assert shown.readings["BTC"][45].detected_regime == "LIQUIDATION_CASCADE"
    assert shown.market[40].market_direction == "LONG_CROWDED"


def test_complete_feeds_tell_the_truth_and_the_others_less(shown: Shown) -> None:
    usd, coins = defaultdict(float), defaultdict(float)
    told: Counter[str] = Counter()
    for line in (shown.truth / "orders.jsonl").read_text().splitlines():
        order = json.loads(line)
        usd[order["venue"]] += order["usd"]
        coins[order["venue"], order["symbol"]] += order["qty"]
        told[order["venue"]] += order["frame"] is not None
    seen, found = defaultdict(float), defaultdict(float)
    for fact in shown.liquidations:
        if not fact.backfill:
            seen[fact.venue] += fact.usd
            found[fact.venue, fact.symbol] += fact.qty
    count = Counter(fact.venue for fact in shown.liquidations if not fact.backfill)
    assert count == told
    for symbol in shown.event.symbols:
        for venue in ("bybit", "gate"):
            assert found[venue, symbol] == pytest.approx(coins[venue, symbol], rel=1e-3), (venue, symbol)
    assert seen["gate"] == pytest.approx(usd["gate"], rel=1e-4)
    assert seen["bybit"] == pytest.approx(usd["bybit"], rel=6e-3), "its frames carry the bankruptcy price"
    for venue, least, most in (
        ("binance", 0.3, 0.95),
        ("okx", 0.05, 0.7),
        ("bitget", 0.4, 0.98),
        ("hyperliquid", 0.2, 0.5),
    ):
        assert least < seen[venue] / usd[venue] < most, venue


def test_what_was_detected_is_what_happened(shown: Shown) -> None:
    rows = [json.loads(line) for line in (shown.truth / "cascades.jsonl").read_text().splitlines()]
    true = [row for row in rows if row["kind"] == "burst"]
    assert len(true) == len(shown.bursts)
    for row in true:
        near = [
            update
            for update in shown.bursts.values()
            if update.symbol == row["symbol"]
            and update.started_at < row["ended_at"]
            and row["started_at"] < update.last_met_at
        ]
        assert len(near) == 1, row
        assert 0.4 < near[0].total_usd / row["usd"] < 1.0
        assert row["long_share"] > 0.75
    starts = {row["symbol"] for row in rows if row["kind"] == "label_c"}
    assert starts == set(shown.event.symbols)


def test_a_second_run_says_the_same_bytes(shown: Shown) -> None:
    again = Hashed(42)
    for _ in again.frames():
        pass
    assert again.said.hexdigest() == shown.event.said.hexdigest()
