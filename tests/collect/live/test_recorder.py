"""The recorder: what came in can be read again; a disk that refuses costs frames, never the collection."""

from pathlib import Path

import pytest

from clri.collect.capture import hours
from clri.collect.capture.layout import Closed, Connected, Kind, Said
from clri.collect.capture.reader import CaptureFile
from clri.collect.capture.writer import CaptureWriter
from clri.collect.live.recorder import Recorder
from clri.model.errors import StoreError
from clri.model.timebase import HOUR, SECOND
from clri.testing import builders as b

T0 = 497_222 * HOUR


def entries(folder: Path) -> list:
    return [entry for hour in sorted(hours(folder)) for entry in CaptureFile(hour.path).entries()]


def test_frames_replies_and_notes_come_back_in_order(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "okx")
    recorder.opened(1, T0, "/ws", ["liquidation"])
    recorder.frame(1, T0 + 1, b'{"arg":{"channel":"books5"}}')
    recorder.reply(T0 + 2, "GET /api", b"{}")
    recorder.facts([b.feed_status(ts=T0 + 3, venue="okx", channel="tickers", state="gap", gap_from=T0, gap_to=T0 + 2)])
    recorder.closed(1, T0 + 4, "lost")
    recorder.close()
    found = entries(tmp_path)
    notes = [entry.note for entry in found if entry.kind == Kind.CONTROL and not hasattr(entry.note, "name")]
    assert [type(note) for note in notes] == [Connected, Said, Closed]
    assert [entry.data for entry in found if entry.kind != Kind.CONTROL] == [b'{"arg":{"channel":"books5"}}', b"{}"]
    assert (recorder.frames, recorder.lost) == (5, 0)


def test_events_leave_order_books_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "bybit", what="events")
    recorder.frame(1, T0, b'{"topic":"orderbook.50.BTCUSDT"}')
    recorder.frame(1, T0, b'{"topic":"tickers.BTCUSDT"}')
    recorder.reply(T0, "GET /v5/market/orderbook?symbol=BTCUSDT", b"{}")
    recorder.close()
    assert [entry.data for entry in entries(tmp_path) if entry.kind != Kind.CONTROL] == [b'{"topic":"tickers.BTCUSDT"}']


def test_a_disk_that_refuses_is_left_alone_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path, "okx")

    def full(*_: object, **__: object) -> None:
        raise StoreError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(CaptureWriter, "frame", full)
        recorder.frame(1, T0, b"a")
        recorder.flush(T0)
    recorder.frame(1, T0 + SECOND, b"b")
    recorder.frame(1, T0 + 6 * SECOND, b"c")
    recorder.close()
    assert [entry.data for entry in entries(tmp_path) if entry.kind != Kind.CONTROL] == [b"c"]
    assert (recorder.lost, recorder.trouble) == (2, "no room")


def test_the_oldest_hours_go_when_the_room_is_used_up_but_never_the_newest(tmp_path: Path) -> None:
    for n in range(4):
        with CaptureWriter(tmp_path, "okx") as writer:
            writer.frame(T0 + n * HOUR, bytes(range(256)) * 40)
    sizes = [hour.path.stat().st_size for hour in sorted(hours(tmp_path))]
    recorder = Recorder(tmp_path, "okx", most_bytes=sizes[-1] + sizes[-2])
    recorder.frame(1, T0 + 4 * HOUR - 1, b"x")
    recorder.flush(T0 + 4 * HOUR)
    recorder.close()
    assert [hour.start for hour in sorted(hours(tmp_path))] == [T0 + 3 * HOUR]
    tiny = Recorder(tmp_path, "okx", most_bytes=1)
    tiny.flush(T0 + 4 * HOUR)
    tiny.close()
    assert len(hours(tmp_path)) == 1


def test_a_disk_that_is_too_slow_costs_frames_and_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clri.collect.live.recorder.HELD", 100)
    recorder = Recorder(tmp_path, "okx")
    for n in range(5):
        recorder.frame(1, T0 + n, bytes(60))
    assert (recorder.lost, "too slow" in str(recorder.trouble)) == (3, True)
    recorder.flush(T0)
    recorder.frame(1, T0 + 5, b"c")
    recorder.close()
    found = [entry.data for entry in entries(tmp_path) if entry.kind != Kind.CONTROL]
    assert found == [bytes(60), bytes(60), b"c"]
