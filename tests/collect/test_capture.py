"""Capture files: every byte comes back, and damage costs little and is told."""

import gzip
import itertools
import json
import struct
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.capture import CaptureFile, CaptureWriter, Entry, drop_oldest, hours
from clri.collect.capture.codec import GZIP, Codec, best, zstd
from clri.collect.capture.layout import Closed, Connected, Gap, Kind, Subscribed
from clri.model.errors import InputError, StoreError
from clri.model.timebase import HOUR, MINUTE, SECOND, parse_iso

T = parse_iso("2026-11-20T11:58:00Z")
CODECS = [codec for codec in (zstd(), GZIP) if codec is not None]


@pytest.fixture(params=CODECS, ids=lambda codec: codec.suffix)
def codec(request) -> Codec:
    return request.param


def told(path: Path) -> list[Entry]:
    return list(CaptureFile(path).entries())


def texts(path: Path) -> list[bytes]:
    return [entry.data for entry in told(path) if entry.note is None]


def minutes_of(folder: Path, codec: Codec, count: int) -> tuple[Path, list[tuple[int, bytes]]]:
    """One hour with 40 records in each of `count` minutes, and what is in it."""
    start = T // HOUR * HOUR
    frames = [
        (start + minute * MINUTE + n * SECOND, b'{"minute":%d,"n":%d,"s":"%s"}' % (minute, n, b"ab" * n))
        for minute, n in itertools.product(range(count), range(40))
    ]
    with CaptureWriter(folder, "okx", codec=codec) as capture:
        for recv, data in frames:
            capture.frame(recv, data, connection=1, channel="marks")
    return capture.path, frames


# ---------------------------------------------------------------- what is written
def test_every_kind_comes_back(tmp_path: Path, codec: Codec) -> None:
    with CaptureWriter(tmp_path, "gate", adapter="0.1.0", codec=codec) as capture:
        capture.control(T, Connected("wss://x/v4", ("liquidation",)), connection=1)
        capture.control(T + 1, Subscribed("{}"), connection=1)
        capture.frame(T + 2, b'{"a":1}', connection=1)
        capture.frame(T + 3, bytes(range(256)), connection=2, channel="books", binary=True)
        capture.reply(T + 4, "GET /spot/tickers", b"[]", connection=3)
        capture.control(T + 5, Gap("liquidation", T, T + 5), connection=1)
        capture.control(T + 6, Closed(1006, "lost"), connection=1)
    file = CaptureFile(capture.path)
    entries = list(file.entries())
    assert [(e.recv_ns - T, e.connection, e.channel, e.kind, e.note) for e in entries] == [
        (0, 1, None, Kind.CONTROL, Connected("wss://x/v4", ("liquidation",))),
        (1, 1, None, Kind.CONTROL, Subscribed("{}")),
        (2, 1, None, Kind.TEXT, None),
        (3, 2, "books", Kind.BINARY, None),
        (4, 3, "GET /spot/tickers", Kind.REPLY, None),
        (5, 1, None, Kind.CONTROL, Gap("liquidation", T, T + 5)),
        (6, 1, None, Kind.CONTROL, Closed(1006, "lost")),
    ]
    assert [e.data for e in entries if e.note is None] == [b'{"a":1}', bytes(range(256)), b"[]"]
    assert entries[-1].data == b'{"is":"close","code":1006,"reason":"lost"}'
    assert (file.header.venue, file.header.hour, file.header.adapter) == ("gate", "2026-11-20T11:00:00.000Z", "0.1.0")
    assert not file.counts


def test_the_bytes_are_those_of_the_format(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path, "okx", adapter="9", codec=GZIP) as capture:
        capture.frame(T, b"pong", connection=258)
    assert capture.path == tmp_path / "okx" / "2026-11-20" / "11.clrf.gz"
    line, _, rest = gzip.decompress(capture.path.read_bytes()).partition(b"\n")
    assert json.loads(line) == {"format": 1, "venue": "okx", "hour": "2026-11-20T11:00:00.000Z", "adapter": "9"}
    summed = struct.pack("<qHHB", T, 258, 0, 0) + b"pong"
    assert rest == struct.pack("<II", 4, zlib.crc32(summed)) + summed


@given(
    frames=st.lists(
        st.tuples(
            st.integers(0, 3 * HOUR), st.binary(max_size=300), st.integers(0, 65535), st.sampled_from([None, "a", "b"])
        ),
        max_size=30,
    ),
    which=st.sampled_from(CODECS),
)
def test_any_records_come_back_in_order(tmp_path_factory, frames, which: Codec) -> None:
    folder = tmp_path_factory.mktemp("capture")
    with CaptureWriter(folder, "okx", codec=which) as capture:
        for after, data, connection, channel in sorted(frames, key=lambda frame: frame[0]):
            capture.frame(T + after, data, connection=connection, channel=channel)
    got = [entry for hour in hours(folder) for entry in told(hour.path)]
    assert [(e.recv_ns - T, e.data, e.connection, e.channel) for e in got] == sorted(frames, key=lambda frame: frame[0])


def test_an_hour_ends_at_its_boundary_and_the_next_stands_alone(tmp_path: Path, codec: Codec) -> None:
    end = (T // HOUR + 1) * HOUR
    with CaptureWriter(tmp_path, "okx", codec=codec) as capture:
        capture.control(T, Connected("wss://x", ("liquidation",)), connection=1)
        capture.control(T, Connected("wss://y", ("books",)), connection=2)
        capture.reply(end - 1, "GET /a", b"1")
        capture.control(end - 1, Closed(1000), connection=2)
        capture.reply(end, "GET /a", b"2")
        capture.frame(end - 5, b"clock set back", connection=1)
    first, second = hours(tmp_path)
    assert (first.start, second.start, second.path.name[:2]) == (end - HOUR, end, "12")
    assert texts(first.path) == [b"1"]
    entries = told(second.path)
    assert entries[0].note == Connected("wss://x", ("liquidation",), carried=True)
    assert [(e.channel, e.data, e.recv_ns) for e in entries[1:]] == [
        ("GET /a", b"2", end),
        (None, b"clock set back", end - 5),
    ]


# ---------------------------------------------------------------- a process that dies
def test_what_a_second_brought_is_there_when_the_next_begins(tmp_path: Path, codec: Codec) -> None:
    capture = CaptureWriter(tmp_path, "okx", codec=codec)
    for after in (0, 0.4, 0.9, 1.1):
        capture.frame(T + int(after * SECOND), b"at %f" % after)
    assert texts(capture.path) == [b"at 0.000000", b"at 0.400000", b"at 0.900000"]
    capture.flush()
    assert len(texts(capture.path)) == 4
    capture.close()
    capture.close()


@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.85, 0.99])
def test_a_torn_tail_costs_the_tail_only(tmp_path: Path, codec: Codec, share: float) -> None:
    path, frames = minutes_of(tmp_path, codec, 3)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    file = CaptureFile(path)
    got = [(entry.recv_ns, entry.data) for entry in file.entries()]
    assert got == frames[: len(got)]
    assert len(got) >= len(frames) * share * 0.5, "a second is flushed as a block: most of what is there can be read"
    assert file.counts == {"torn": 1}


def test_after_a_crash_the_same_hour_goes_on(tmp_path: Path, codec: Codec) -> None:
    with CaptureWriter(tmp_path, "okx", codec=codec) as capture:
        for n in range(20):
            capture.frame(T + n * SECOND, b"before %d" % n, channel="a")
    path = capture.path
    path.write_bytes(path.read_bytes()[:-17])
    with CaptureWriter(tmp_path, "okx", codec=codec) as capture:
        capture.reply(T + 30 * SECOND, "GET /b", b"after")
    file = CaptureFile(path)
    entries = list(file.entries())
    assert capture.path == path
    assert entries[-1][2:5] == ("GET /b", Kind.REPLY, b"after")
    assert [entry.data for entry in entries[:18]] == [b"before %d" % n for n in range(18)]
    assert file.counts == {"stream": 1}, "what the tear left, not the records after it"


def test_after_a_failed_write_the_rest_can_be_read(tmp_path: Path, codec: Codec) -> None:
    class Full:
        def write(self, _data: bytes) -> int:
            raise OSError(28, "No space left on device")

    capture = CaptureWriter(tmp_path, "okx", codec=codec)
    capture.frame(T, b"one")
    capture.flush()
    file, capture._file = capture._file, Full()
    capture.frame(T, b"two")
    with pytest.raises(StoreError, match="No space left") as caught:
        capture.flush()
    assert caught.value.retryable
    capture._file = file
    capture.frame(T + SECOND, b"three")
    capture.close()
    assert texts(capture.path) == [b"one", b"three"]


# ---------------------------------------------------------------- damage
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), which=st.sampled_from(CODECS))
def test_a_flipped_bit_costs_at_most_a_minute_and_is_told(
    tmp_path_factory, place: float, bit: int, which: Codec
) -> None:
    path, frames = minutes_of(tmp_path_factory.mktemp("capture"), which, 3)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    path.write_bytes(data)
    file = CaptureFile(path)
    got = [(entry.recv_ns, entry.data) for entry in file.entries()]
    lost = [frame for frame in frames if frame not in got]
    assert got == [frame for frame in frames if frame in got], "nothing invented, nothing out of order"
    assert len({recv // MINUTE for recv, _ in lost}) <= 1
    assert bool(file.counts) >= bool(lost)
    assert sum(file.counts.values()) == len(file.damages)


def test_a_broken_record_is_told_with_its_position_and_costs_nobody_else(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path, "okx", codec=GZIP) as capture:
        for n in range(7):
            capture.frame(T + n, b"frame %d" % n)
    plain = bytearray(gzip.decompress(capture.path.read_bytes()))
    start = plain.index(b"\n") + 1
    plain[plain.index(b"frame 1")] ^= 0x40
    plain[start + 4 * 28] ^= 0x40  # the length of record 4
    capture.path.write_bytes(gzip.compress(bytes(plain)))
    file = CaptureFile(capture.path)
    assert [entry.data for entry in file.entries()] == [b"frame %d" % n for n in (0, 2, 3, 5, 6)]
    assert file.counts == {"crc": 2}
    assert file.damages == [("crc", 0, start + 28, 28), ("crc", 0, start + 4 * 28, 28)]


def test_a_record_that_broken_compression_repeats_is_told_once(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path, "okx", codec=GZIP) as capture:
        capture.frame(T, b"once")
    plain = gzip.decompress(capture.path.read_bytes())
    record = plain[plain.index(b"\n") + 1 :]
    stream = GZIP.compressor()
    capture.path.write_bytes(stream.compress(plain + record) + stream.flush(GZIP.sync))  # and no end
    file = CaptureFile(capture.path)
    assert [entry.data for entry in file.entries()] == [b"once"]
    assert file.counts == {"torn": 1, "crc": 1}


def test_a_damaged_header_or_note_does_not_cost_the_frames(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path, "okx", codec=GZIP) as capture:
        capture.control(T, Subscribed("x"), connection=1)
        capture.frame(T, b"frame")
    plain = gzip.decompress(capture.path.read_bytes())
    for broken in (plain.replace(b'"format":1', b'"format":7'), plain.replace(b'{"format"', b'#"format"')):
        capture.path.write_bytes(gzip.compress(broken))
        file = CaptureFile(capture.path)
        assert [entry.data for entry in file.entries()][-1] == b"frame"
        assert file.counts == {"header": 1}
        assert file.header is None


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "11.clrf.gz"
    path.write_bytes(gzip.compress(b'{"format":2,"venue":"okx","hour":"","adapter":""}\nsomething else'))
    with pytest.raises(InputError, match="has format 2; this version reads 1"):
        told(path)


def test_no_capture_at_all_is_told_as_damage(tmp_path: Path) -> None:
    for content, counts in ((b"", {}), (b"no compressed stream", {"stream": 1})):
        path = tmp_path / "11.clrf.gz"
        path.write_bytes(content)
        file = CaptureFile(path)
        assert list(file.entries()) == []
        assert file.counts == counts


# ---------------------------------------------------------------- without zstandard
def test_without_zstandard_it_writes_gzip_and_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    if zstd() is None:
        pytest.skip("zstandard is not installed")
    path, _ = minutes_of(tmp_path, best(), 1)
    assert path.suffix == ".zst"
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with CaptureWriter(tmp_path, "okx") as capture:
        capture.frame(T, b"frame")
    assert capture.path.name == "11.clrf.gz"
    assert texts(capture.path) == [b"frame"]
    with pytest.raises(InputError, match="zstd, which this Python lacks") as caught:
        told(path)
    assert "clri[capture]" in caught.value.hint


# ---------------------------------------------------------------- folders
def test_the_oldest_hours_go_first_and_the_newest_stays(tmp_path: Path) -> None:
    for venue in ("okx", "gate"):
        for after in range(3):
            with CaptureWriter(tmp_path, venue, codec=GZIP) as capture:
                capture.frame(T + after * HOUR, b"x" * 100)
    (tmp_path / "okx" / "notes.txt").write_text("not a capture")
    found = hours(tmp_path)
    assert [(hour.start - found[0].start) // HOUR for hour in found] == [0, 0, 1, 1, 2, 2]
    assert hours(found[0].path) == [found[0]]
    size = found[0].size
    assert drop_oldest(tmp_path, 4 * size) == [found[0].path, found[1].path]
    assert len(drop_oldest(tmp_path, 0)) == 2
    assert [hour.start for hour in hours(tmp_path)] == [found[4].start, found[5].start]
