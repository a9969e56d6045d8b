"""The promise of the pipeline: same facts, same bytes, however they are fed, cut, doubled or resumed."""

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from clri.app.assemble import build_pipeline, build_tier
from clri.engine.cadence import Cadence
from clri.engine.table import table_of
from clri.hosts.backtest import backtest
from clri.hosts.ticker import with_ticks
from clri.model.cascade import CascadeUpdate
from clri.model.codec import decode_output, encode
from clri.model.control import Tick
from clri.model.facts import Liquidation
from clri.model.funding_event import FundingEvent
from clri.model.observation import Observation
from clri.model.pair import PairReading
from clri.model.reading import MarketReading, Reading
from clri.model.timebase import SECOND
from clri.testing import builders as b
from tests.engine.streams import START, SYMBOLS, VENUES, streams


def pipeline():
    return build_pipeline(SYMBOLS, "live", VENUES)


def lines(outputs) -> list[bytes]:
    return [encode(out) for out in outputs]


def run(facts):
    at = pipeline()
    outputs = at.run(facts)
    return at, lines(outputs + at.finish())


@given(streams(), st.lists(st.floats(0, 1), max_size=4))
@settings(max_examples=40)
def test_cut_and_resumed_equals_whole(facts, cuts) -> None:
    fed = list(with_ticks(facts))
    whole, expected = run(fed)
    edges = [0, *sorted(round(c * len(fed)) for c in cuts), len(fed)]
    part, got = pipeline(), []
    for start, end in itertools.pairwise(edges):
        saved, part = part.snapshot(), pipeline()
        part.restore(saved)
        got += lines(part.run(fed[start:end]))
    got += lines(part.finish())
    assert got == expected
    assert part.snapshot() == whole.snapshot()


@given(streams())
@settings(max_examples=20)
def test_redelivered_liquidations_change_nothing(facts) -> None:
    doubled = [x for f in facts for x in ([f, f] if isinstance(f, Liquidation) else [f])]
    assert run(with_ticks(doubled))[1] == run(with_ticks(facts))[1]


@given(streams(seconds=6, most=60, breaks=False), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_order_of_arrival_inside_the_window_changes_nothing(facts, rng: random.Random) -> None:
    """Facts change places within a second, between the same Ticks, with their receipts."""
    fed = list(with_ticks(facts))
    shuffled, bucket = [], []
    for fact in fed:
        if isinstance(fact, Tick):
            rng.shuffle(bucket)
            shuffled += [*bucket, fact]
            bucket = []
        elif fact.symbol == "MARKET":
            shuffled.append(fact)
        else:
            bucket.append(fact)
    assert run(shuffled)[1] == run(fed)[1]


def of_minute_tier(out) -> bool:
    """Readings, and what the minute tier says beside them; bursts are the event tier's."""
    if isinstance(out, CascadeUpdate):
        return out.kind == "sustained"
    return isinstance(out, Reading | MarketReading | PairReading | FundingEvent)


@given(streams(seconds=360))
@settings(max_examples=15)
def test_backtest_of_the_stored_rows_equals_replay(facts) -> None:
    at = pipeline()
    outputs = at.run(with_ticks(facts))
    rows = [decode_output(encode(out)) for out in outputs if isinstance(out, Observation)]
    replayed = lines(out for out in outputs if of_minute_tier(out))
    table = table_of(rows, SYMBOLS, Cadence(60))
    tested = backtest(table, build_tier(SYMBOLS), "live", block=2)
    assert lines(x for minute in tested for x in minute.outputs()) == replayed


def test_every_symbol_has_a_row_every_minute_even_when_nothing_came() -> None:
    at = pipeline()
    outputs = at.run(with_ticks([b.mark_funding(ts=START + 1, symbol="BTC"), b.mark_funding(ts=START + 180 * SECOND)]))
    rows = [(o.symbol, o.ts) for o in outputs if isinstance(o, Observation)]
    assert len(rows) == len(set(rows)) == 3 * len(SYMBOLS)
    readings = [o for o in outputs if isinstance(o, Reading)]
    assert all(r.risk_level == "UNKNOWN" and r.clri_score is None for r in readings)
    assert all(m.market_clri is None for m in outputs if isinstance(m, MarketReading))


def burst(symbol: str, start: int):
    return [
        b.liquidation(
            ts=start + n * SECOND, ts_venue=start + n * SECOND, symbol=symbol, event_id=f"{symbol}{n}", qty=5.0
        )
        for n in range(8)
    ]


def test_three_symbols_at_once_are_market_wide() -> None:
    symbols = ("BTC", "ETH", "SOL")
    at = build_pipeline(symbols, "live", VENUES)
    facts = sorted((f for s in symbols for f in burst(s, START + SECOND)), key=lambda f: f.ts)
    updates = [o for o in at.run(with_ticks(facts)) + at.finish() if isinstance(o, CascadeUpdate)]
    assert {u.symbol for u in updates} == set(symbols)
    assert updates[-1].market_wide
    assert not updates[0].market_wide


def test_untracked_symbols_are_counted_not_scored() -> None:
    at = pipeline()
    outputs = at.run(with_ticks(burst("DOGE", START + SECOND)))
    assert at.untracked == {"bybit": 8}
    assert not [o for o in outputs if isinstance(o, CascadeUpdate)]
