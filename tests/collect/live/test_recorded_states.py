"""A recording of our own says of every feed what was known live, and tells each liquidation once."""

from pathlib import Path

import msgspec

from clri.collect.capture import hours
from clri.collect.live.recorder import Recorder
from clri.collect.sources import CaptureSource
from clri.model.control import FeedStatus
from clri.model.facts import Book, Liquidation
from clri.model.timebase import HOUR, MILLI, SECOND
from clri.testing import builders as b

T = 497_222 * HOUR + 10 * SECOND
MS = T // MILLI


def pushed(at_ms: int, size: str = "-100") -> bytes:
    row = {"contract": "BTC_USDT", "price": "59000", "size": size, "time_ms": at_ms}
    frame = {"channel": "futures.public_liquidates", "event": "update", "time_ms": at_ms + 5, "result": [row]}
    return msgspec.json.encode(frame)


def told(*rows: tuple[int, str]) -> bytes:
    names = {"contract": "BTC_USDT", "left": "0", "fill_price": "59000", "order_price": "58990"}
    return msgspec.json.encode([names | {"time": at_ms // 1000, "size": size} for at_ms, size in rows])


def state(ts: int, state: str, **fields: object) -> FeedStatus:
    base = {"venue": "gate", "symbol": "MARKET", "channel": "liquidation", "ts_venue": None}
    return b.feed_status(**(base | {"ts": ts, "state": state} | fields))


def statuses(folder: Path) -> list[FeedStatus]:
    return [fact for fact in CaptureSource(folder).facts() if isinstance(fact, FeedStatus)]


def test_states_come_back_as_they_were_told_and_none_is_guessed(tmp_path: Path) -> None:
    said = [
        state(T + 2, "up"),
        state(T + 5 * SECOND, "stale", code="CLRI-FEED-002", detail="silent: no data", gap_from=T + SECOND),
        state(T + 9 * SECOND, "gap", gap_from=T + SECOND, gap_to=T + 9 * SECOND),
        state(T + 9 * SECOND + 1, "up"),
        state(T + 10 * SECOND, "unsupported", symbol="DOGE", channel="instruments"),
    ]
    recorder = Recorder(tmp_path, "gate")
    recorder.opened(1, T, "/v4/ws/usdt", ["liquidation"])
    recorder.frame(1, T + 1, pushed(MS))
    recorder.facts([*said, b.mark_funding(venue="gate")])
    recorder.closed(1, T + 11 * SECOND, "lost")
    recorder.close()
    assert statuses(tmp_path) == said


def test_a_recorder_that_was_killed_leaves_a_gap(tmp_path: Path) -> None:
    first = Recorder(tmp_path, "gate")
    first.opened(1, T, "/v4/ws/usdt", ["liquidation", "futures.tickers"])
    first.frame(1, T + 1, pushed(MS))
    first.facts([state(T + 2, "up")])
    first.flush(T + 3)  # the last that the system got
    second = Recorder(tmp_path, "gate")
    second.opened(1, T + 60 * SECOND, "/v4/ws/usdt", ["liquidation", "futures.tickers"])
    second.frame(1, T + 61 * SECOND, pushed(MS + 61_000))
    second.facts([state(T + 61 * SECOND, "up")])
    second.close()
    found = [(one.channel, one.state, one.gap_from, one.gap_to) for one in statuses(tmp_path)]
    gap = ("liquidation", "gap", T + 1, T + 60 * SECOND)
    assert found == [("liquidation", "up", None, None), gap, ("liquidation", "up", None, None)]
    assert first.lost == 0
    first._writer._file.close()


def test_after_a_damaged_place_the_feed_is_what_it_was(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "gate")
    recorder.opened(1, T, "/v4/ws/usdt", ["liquidation"])
    recorder.facts([state(T + 2, "up")])
    for n in range(4):
        recorder.frame(1, T + n * 61 * SECOND + 3, pushed(MS + n * 61_000))
        recorder.flush(T + n * 61 * SECOND + 3)
    recorder.close()
    (hour,) = hours(tmp_path)
    data = bytearray(hour.path.read_bytes())
    magic = bytes(data[:4])
    second = data.find(magic, 4)
    third = data.find(magic, second + 4)
    data[second + 8 : third] = bytes(third - second - 8)
    hour.path.write_bytes(data)
    states = [one.state for one in statuses(tmp_path)]
    assert states[0] == "up"
    assert states[1:] == ["gap", "up"]
    assert sum(isinstance(fact, Liquidation) for fact in CaptureSource(tmp_path).facts()) == 3


def test_what_a_call_told_of_a_gap_counts_once_in_a_replay_too(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "gate")
    recorder.opened(1, T, "/v4/ws/usdt", ["liquidation"])
    recorder.frame(1, T + 1, pushed(MS))
    recorder.facts([state(T + 2, "up"), state(T + 30 * SECOND, "gap", gap_from=T + SECOND, gap_to=T + 30 * SECOND)])
    rows = ((MS, "-100"), (MS + 12_000, "-70"), (MS + 50_000, "-30"))
    path = f"GET /futures/usdt/liq_orders?from={(T + SECOND) // SECOND}&limit=1000"
    recorder.reply(T + 38 * SECOND, path, told(*rows))
    recorder.close()
    found = [fact for fact in CaptureSource(tmp_path).facts() if isinstance(fact, Liquidation)]
    assert [(fact.src, fact.ts_venue - T) for fact in found] == [("ws", 0), ("rest", 12 * SECOND)]


def test_replies_keep_their_own_time_behind_frames_that_came_meanwhile(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "gate")
    recorder.frame(1, T + 1 * MILLI, pushed(MS))
    recorder.reply(T, "GET /futures/usdt/liq_orders?from=1&limit=1000", told((MS - 60_000, "-3")))
    recorder.close()
    assert {fact.ts - T for fact in CaptureSource(tmp_path).facts()} == {0, MILLI}


def test_sockets_and_calls_of_hyperliquid_share_what_they_learn(tmp_path: Path) -> None:
    """The coarse book of a call is sharpened by the best quotes of the socket, as it is live."""
    recorder = Recorder(tmp_path, "hyperliquid")
    levels = [[{"px": "60000", "sz": "1.2", "n": 3}], [{"px": "60001", "sz": "0.8", "n": 2}]]
    fine = {"channel": "l2Book", "data": {"coin": "BTC", "time": MS, "levels": levels}}
    coarse = [[{"px": str(60_000 - n * 1000), "sz": "9", "n": 3} for n in range(3)]]
    coarse.append([{"px": str(61_000 + n * 1000), "sz": "9", "n": 3} for n in range(3)])
    recorder.frame(7, T, msgspec.json.encode(fine))
    call = 'POST /info {"type":"l2Book","coin":"BTC","nSigFigs":3}'
    recorder.reply(T + MILLI, call, msgspec.json.encode({"coin": "BTC", "time": MS, "levels": coarse}))
    recorder.close()
    facts = list(CaptureSource(tmp_path).facts())
    assert any(isinstance(fact, Book) for fact in facts)
    (depth,) = [fact for fact in facts if type(fact).__name__ == "Depth"]
    assert depth.spread_bps < 1.0
