"""What is written beside a run is what happened, and agrees with what the venues told."""

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from clri.collect.simulate.coins import COINS, PLACES, SYMBOLS
from clri.collect.simulate.script import Label, Scenario, Segment
from clri.collect.simulate.source import SimulatedEvent
from clri.collect.simulate.truth import Truth
from clri.model.errors import InputError
from clri.model.facts import Liquidation
from clri.model.timebase import MINUTE, SECOND
from tests.collect.simulate.runs import START

PUSH = Scenario(
    "push",
    "A push after a few minutes",
    8,
    before=2 * 1440,
    segment=[
        Segment("drift", 2, 4, value=-0.04),
        Segment("depth", 2, 6, value=0.2),
        Segment("outage", 5, 6, venues=["bitget"]),
    ],
    label=[Label("push", 2, 4, expect="cascade LONG", slow=True)],
)


def rows(folder: Path, name: str) -> list[dict]:
    path = folder / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory):
    """A run, its facts and its truth."""
    folder = tmp_path_factory.mktemp("truth")
    with Truth(folder) as truth:
        event = SimulatedEvent(5, PUSH, START, truth=truth)
        facts = [fact for fact in event.facts() if isinstance(fact, Liquidation) and not fact.backfill]
    return folder, facts, event


def test_every_order_is_written_once_and_in_full(told) -> None:
    folder, _, event = told
    orders = rows(folder, "orders.jsonl")
    played = event.world.tape.orders
    assert len({order["order_id"] for order in orders}) == len(orders) == len(played)
    by_id = {order["order_id"]: order for order in orders}
    for order in played:
        row = by_id[f"5-{order.number}"]
        assert (row["ts"], row["symbol"], row["side"]) == (order.at, COINS[order.coin].symbol, order.side)
        assert (row["price"], row["bankruptcy_price"], row["qty"]) == (order.price, order.bankrupt, order.qty)
        assert (row["frame"] is None) != (row["unsent"] is None)
    assert {order["kind"] for order in orders} == {"liquidation", "hedge"}
    assert {order["tier"] for order in orders} <= {None, 3.0, 5.0, 10.0, 25.0, 50.0, 100.0}


def test_what_was_told_is_what_was_decoded(told) -> None:
    folder, facts, _ = told
    orders = rows(folder, "orders.jsonl")
    sent = Counter((o["venue"], o["symbol"], o["side"], o["ts"]) for o in orders if o["frame"])
    assert sent == Counter((f.venue, f.symbol, f.side, f.ts_venue) for f in facts)
    qty = Counter((o["symbol"], o["ts"], round(o["qty"], 8)) for o in orders if o["frame"] and o["venue"] == "bybit")
    assert qty == Counter((f.symbol, f.ts_venue, round(f.qty, 8)) for f in facts if f.venue == "bybit")
    why = {(order["venue"], order["unsent"]) for order in orders if order["unsent"] not in {None, "run ended"}}
    assert why <= {
        ("binance", "largest_1s"),
        ("okx", "sample_1s"),
        ("bitget", "largest_1s"),
        ("hyperliquid", "partial"),
    }
    assert len(why) == 4
    for venue in ("bybit", "gate"):
        left = [order for order in orders if order["venue"] == venue and order["unsent"]]
        assert all(START + 8 * MINUTE - order["ts"] < 5 * SECOND for order in left), "only what the end cut off"
    frames = defaultdict(set)
    for order in orders:
        if order["frame"]:
            venue, received = order["frame"].rsplit("-", 1)
            assert venue == order["venue"]
            assert int(received) > order["ts"]
            frames[venue].add(order["frame"])
    assert len(frames) == len(PLACES)


def test_cascades_are_those_of_the_orders(told) -> None:
    folder, _, _ = told
    orders, found = rows(folder, "orders.jsonl"), rows(folder, "cascades.jsonl")
    bursts = [row for row in found if row["kind"] == "burst"]
    members = defaultdict(list)
    for order in orders:
        if order["cascade_id"]:
            members[order["cascade_id"]].append(order)
    ended = {row["id"] for row in bursts}
    assert ended
    assert ended <= set(members)
    for row in bursts:
        own = members[row["id"]]
        assert len(own) == row["orders"]
        assert sum(order["usd"] for order in own) == pytest.approx(row["usd"])
        assert {order["symbol"] for order in own} == {row["symbol"]}
        assert min(order["ts"] for order in own) == row["started_at"]
        assert row["long_share"] > 0.7
        assert set(row["venues"]) == {order["venue"] for order in own}
    assert {row["side"] for row in found if row["kind"] == "label_c"} <= {"LONG", "SHORT"}


def test_state_levels_and_labels(told) -> None:
    folder, _, event = told
    state = rows(folder, "state.jsonl.gz")
    assert len(state) == (2 * 1440 + 8 * 60) * len(SYMBOLS)
    last = state[-1]
    assert (last["ts"], last["symbol"]) == (START + 8 * MINUTE, SYMBOLS[-1])
    assert last["spot"] == event.world.tape.index[-1, -1]
    assert last["longs"] + last["shorts"] == pytest.approx(event.world.tape.coins[-1, :, -1].sum())
    levels = rows(folder, "levels.jsonl.gz")
    assert {row["ts"] for row in levels} == {START + 5 * MINUTE}
    assert {row["venue"] for row in levels} == {place.venue for place in PLACES}
    held = sum(sum(row["coins"]) for row in levels if row["symbol"] == "BTC")
    at = next(row for row in state if row["symbol"] == "BTC" and row["ts"] == START + 5 * MINUTE)
    queued = at["queued_long"] + at["queued_short"]
    assert held == pytest.approx(at["longs"] + at["shorts"] - queued, rel=1e-4)
    labels = rows(folder, "labels.jsonl")
    assert [row["what"] for row in labels] == ["segment"] * 3 + ["label"]
    assert (labels[-1]["start"], labels[-1]["end"], labels[-1]["expect"]) == (
        START + 2 * MINUTE,
        START + 4 * MINUTE,
        "cascade LONG",
    )


def test_a_venue_that_is_out_tells_nothing(told) -> None:
    _, facts, _ = told
    quiet = range(START + 5 * MINUTE, START + 6 * MINUTE)
    assert not [fact for fact in facts if fact.venue == "bitget" and fact.ts in quiet]
    assert [fact for fact in facts if fact.venue == "bybit" and fact.ts in quiet]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="truth cannot be written"):
        Truth(tmp_path / "file")
