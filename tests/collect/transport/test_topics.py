"""Topics and acknowledgements of all six venues, against their golden frames and real subscriptions."""

import json

import pytest

from clri.collect.mapper import Control
from clri.collect.transport.subscribe import Subscriptions, answers
from clri.collect.transport.topics import Topics, broken, covers
from clri.collect.venues import VENUES
from clri.model.facts import Fact
from tests.collect.test_golden import FILES, cases, mapper_of


def conns_of(venue: str) -> list:
    return mapper_of(venue).subscriptions(["BTC", "ETH"])


@pytest.mark.parametrize("venue", VENUES)
def test_every_expected_topic_is_asked_for(venue) -> None:
    for conn in conns_of(venue):
        for one in conn.expect:
            asked = [*conn.frames, conn.url.encode()]
            symbol = None if "@arr" in one.channel else one.symbol  # one stream of all symbols
            assert any(covers(frame, (one.channel, symbol)) for frame in asked), one


@pytest.mark.parametrize("venue", VENUES)
def test_every_socket_with_liquidations_carries_a_busy_topic(venue) -> None:
    for conn in conns_of(venue):
        quiet = [one for one in conn.expect if one.max_silence_s is None]
        assert not quiet or len(conn.expect) > len(quiet)


@pytest.mark.parametrize("venue", VENUES)
def test_golden_frames_are_data_of_their_topics(venue) -> None:
    expect = [one for conn in conns_of(venue) for one in conn.expect]
    wanted = {(one.channel, one.symbol) for one in expect}
    topics, seen = Topics(expect), set()
    for path in (path for path in FILES if path.parent.name == venue):
        mapper = mapper_of(venue)
        for case in cases(path):
            if "reply" in case:
                continue
            raw = case["text"].encode() if "text" in case else json.dumps(case["frame"], separators=(",", ":")).encode()
            items = mapper.decode(raw, 1_790_000_010_000_000_000)
            if not broken(mapper.tally, raw):
                facts = [item for item in items if isinstance(item, Fact)]
                found = set(topics.of(raw, facts))
                assert found <= wanted
                seen |= {channel for channel, _ in found}
                for channel in {channel for channel, _ in found}:
                    raws = {(channel, fact.raw) for fact in facts} & wanted
                    assert found >= raws, raw
    assert seen >= {one.channel for one in expect if one.max_silence_s is not None}


@pytest.mark.parametrize("venue", VENUES)
def test_every_frame_knows_its_acknowledgement(venue) -> None:
    for conn in conns_of(venue):
        asked = Subscriptions(conn.frames)
        for number in range(len(conn.frames)):
            asked.sent(number, 0.0)
        for frame in conn.frames:
            keys = list(answers(frame))
            assert keys
            for channel, symbol in keys:
                asked.answered(Control("ack", channel, symbol))
        assert asked.due(11.0) == ([], [])


@pytest.mark.parametrize("venue", VENUES)
def test_golden_acks_and_nacks_are_taken(venue) -> None:
    found = {"ack": 0, "nack": 0}
    for path in (path for path in FILES if path.parent.name == venue):
        for case in cases(path):
            for control in case["controls"]:
                if control["kind"] in found:
                    found[control["kind"]] += 1
                    asked = Subscriptions([frame for conn in conns_of(venue) for frame in conn.frames])
                    asked.answered(Control(**control))  # before anything is sent: nothing to do
                    assert asked.due(0.0) == ([], [])
    assert found["ack"]


def test_a_nack_is_tried_once_more_and_then_told() -> None:
    frame = b'{"op":"subscribe","req_id":"1-1","args":["tickers.BTCUSDT"]}'
    asked = Subscriptions([frame])
    asked.sent(0, 0.0)
    asked.answered(Control("nack", "1-1", None, "no"))
    assert asked.due(0.1) == ([0], [])
    asked.sent(0, 0.2)
    asked.answered(Control("nack", "1-1", None, "no"))
    again, (refused,) = asked.due(0.3)
    assert (again, refused.frame, refused.reason) == ([], frame, "no")
    assert asked.due(99.0) == ([], [])


def test_an_error_that_names_nothing_is_about_the_oldest_frame() -> None:
    frames = [b'{"method":"subscribe","subscription":{"type":"l2Book","coin":"%s"}}' % coin for coin in (b"X", b"BTC")]
    asked = Subscriptions(frames)
    asked.sent(0, 0.0)
    asked.sent(1, 0.0)
    asked.answered(Control("ack", "l2Book", "BTC"))
    asked.answered(Control("nack", None, None, "unknown coin"))
    assert asked.due(1.0) == ([0], [])


@pytest.mark.parametrize(
    ("venue", "topic", "texts"),
    [
        ("bybit", ("tickers", "BTCUSDT"), ['"op":"unsubscribe"', '"args":["tickers.BTCUSDT"]']),
        ("binance", ("@ticker", "BTCUSDT"), ['"method":"UNSUBSCRIBE"', '"params":["btcusdt@ticker"]']),
        ("okx", ("mark-price", "BTC-USDT-SWAP"), ['"op":"unsubscribe"', '"channel":"mark-price"']),
        ("gate", ("futures.order_book", "BTC_USDT"), ['"event":"unsubscribe"', '"payload":["BTC_USDT","20","0"]']),
        ("bitget", ("books15", "BTCUSDT"), ['"op":"unsubscribe"', '"channel":"books15"']),
        ("hyperliquid", ("l2Book", "BTC"), ['"method":"unsubscribe"', '"coin":"BTC"']),
    ],
)
def test_a_renewal_cancels_and_asks_for_these_topics_only(venue, topic, texts) -> None:
    found = [Subscriptions(conn.frames).renew([topic]) for conn in conns_of(venue)]
    ((cancel, again),) = [frames for frames in found if frames]
    for text in texts:
        assert text in cancel.decode()
        assert text.replace("un", "", 1).replace("UN", "", 1) in again.decode() or text in again.decode()
    assert "unsubscribe" not in again.decode().lower()
    assert "ETH" not in cancel.decode()
    assert "ethusdt" not in cancel.decode()


def test_a_symbol_inside_another_is_not_meant() -> None:
    assert covers(b'{"args":["tickers.PEPEUSDT"]}', ("tickers", "PEPEUSDT"))
    assert not covers(b'{"args":["tickers.1000PEPEUSDT"]}', ("tickers", "PEPEUSDT"))
    assert not covers(b'{"args":[{"channel":"index-tickers","instId":"BTC-USDT-SWAP"}]}', ("index-tickers", "BTC-USDT"))
