"""Three frames in a row of a channel that changed its form or its unit of time: said, once, until it is mended."""

import pytest

from clri.collect.crosscheck.schema import Schema
from clri.collect.venues.binance.mapper import BinanceMapper
from clri.collect.venues.bybit.mapper import BybitMapper
from clri.collect.venues.gate.mapper import GateMapper
from clri.model.timebase import MILLI, SECOND
from clri.testing.builders import T0

MS = T0 // MILLI


def frame(ts: int, *, price: str = "p") -> bytes:
    row = f'{{"T":{ts},"s":"BTCUSDT","S":"Buy","v":"0.3","{price}":"59000.5"}}'
    return f'{{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":{MS},"data":[{row}]}}'.encode()


GOOD, MICROS, RENAMED, BROKEN = frame(MS), frame(MS * 1000), frame(MS, price="price"), b'{"topic":"allLiquidation.'


def asked(schema: Schema, mapper, seconds: int) -> list[tuple[str, str]]:
    return [(one.channel, one.state) for one in schema.ask([mapper.tally], T0 + seconds * SECOND)]


@pytest.mark.parametrize(("bad", "why"), [(MICROS, "time_unit"), (RENAMED, "schema")])
def test_three_in_a_row_are_told_with_the_reason(bad, why):
    mapper, schema = BybitMapper(), Schema("bybit")
    for _ in range(2):
        assert mapper.decode(bad, T0) == []
        assert schema.ask([mapper.tally], T0) == []
    mapper.decode(bad, T0)
    (status,) = schema.ask([mapper.tally], T0)
    assert (status.channel, status.state, status.code) == ("liquidation", "down", "CLRI-FEED-012")
    assert status.detail == f"schema: 3 frames in a row do not have the known form ({why}); they are put aside"
    assert schema.ask([mapper.tally], T0 + SECOND) == []


def test_a_good_frame_between_ends_the_row_and_other_faults_do_not_count():
    mapper, schema = BybitMapper(), Schema("bybit")
    for raw in (MICROS, MICROS, GOOD, MICROS, MICROS, BROKEN, BROKEN, BROKEN):
        mapper.decode(raw, T0)
    assert mapper.tally.streaks == {'"allLiquidation.': (2, "time_unit")}
    assert asked(schema, mapper, 0) == []


def test_another_channel_does_not_end_the_row():
    mapper = BinanceMapper()
    bad = b'{"stream":"!markPrice@arr@1s","data":[{"e":"markPriceUpdate","s":"BTCUSDT","p":"1","T":0}]}'
    ticker = (
        b'{"stream":"btcusdt@ticker","data":{"e":"24hrTicker","E":%d,"s":"BTCUSDT","c":"60000","P":"1","v":"1","q":"1"}}'
        % MS
    )
    schema = Schema("binance")
    for _ in range(3):
        assert mapper.decode(bad, T0) == []
        assert mapper.decode(ticker, T0) != []
    assert asked(schema, mapper, 0) == [("!markPrice@arr@1s", "down")]


def test_mended_is_said_after_a_minute_without():
    mapper, schema = BybitMapper(), Schema("bybit")
    for _ in range(3):
        mapper.decode(RENAMED, T0)
    assert asked(schema, mapper, 0) == [("liquidation", "down")]
    assert asked(schema, mapper, 50) == []
    mapper.decode(GOOD, T0)
    assert asked(schema, mapper, 109) == []
    assert asked(schema, mapper, 110) == [("liquidation", "up")]
    assert asked(schema, mapper, 111) == []


def test_a_new_socket_starts_without_a_row_but_ends_nothing_at_once():
    old, new, schema = BybitMapper(), BybitMapper(), Schema("bybit")
    for _ in range(3):
        old.decode(RENAMED, T0)
    assert asked(schema, old, 0) == [("liquidation", "down")]
    assert asked(schema, new, 30) == []
    for _ in range(3):
        new.decode(RENAMED, T0)
    assert asked(schema, new, 59) == asked(schema, new, 100) == []


def test_calls_are_named_by_their_path():
    mapper, schema = GateMapper(), Schema("gate")
    for _ in range(3):
        mapper.reply("GET /futures/usdt/contract_stats?contract=BTC_USDT", b'[{"time":"x"}]', T0)
        mapper.reply("GET /futures/usdt/tickers", b"[]", T0)
    (status,) = schema.ask([mapper.tally], T0)
    assert (status.channel, status.src) == ("rest /futures/usdt/contract_stats", "rest")
