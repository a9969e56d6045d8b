"""The fact log: what was synced comes back, whatever happened to the end of a file or to a disk."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.model.codec import encode
from clri.model.errors import StoreError
from clri.stores import fact_log
from clri.stores.fact_log import FactLogFiles
from clri.testing import builders as b


def liq(n: int):
    return b.liquidation(ts=b.T0 + n, event_id=str(n))


def ids(folder: Path) -> tuple[bytes | None, list[str]]:
    log = FactLogFiles(folder)
    state, tail = log.load()
    return state, [fact.event_id for fact in tail]


def filled(folder: Path, count: int = 5) -> FactLogFiles:
    log = FactLogFiles(folder)
    log.save(b"one")
    log.append(liq(n) for n in range(count))
    log.sync()
    return log


def test_nothing_yet(tmp_path: Path) -> None:
    assert ids(tmp_path) == (None, [])


def test_state_and_tail_come_back_and_only_the_synced(tmp_path: Path) -> None:
    log = filled(tmp_path)
    log.append([liq(99)])
    assert ids(tmp_path) == (b"one", ["0", "1", "2", "3", "4"])
    log.close()
    log.close()
    assert ids(tmp_path) == (b"one", ["0", "1", "2", "3", "4", "99"])


def test_facts_after_a_state_belong_to_it(tmp_path: Path) -> None:
    log = filled(tmp_path)
    log.append([liq(5)])
    log.save(b"two")
    log.append([liq(6)])
    log.close()
    assert ids(tmp_path) == (b"two", ["6"])
    assert all(encode(fact) == encode(liq(6)) for fact in FactLogFiles(tmp_path).load()[1])


def test_a_damaged_state_falls_back_on_the_one_before_and_all_facts_since(tmp_path: Path) -> None:
    log = filled(tmp_path)
    log.save(b"two")
    log.append([liq(6)])
    log.close()
    newest = max(tmp_path.glob("state-*"))
    newest.write_bytes(newest.read_bytes()[:-1] + b"x")
    assert ids(tmp_path) == (b"one", ["0", "1", "2", "3", "4", "6"])


def test_two_generations_stay(tmp_path: Path) -> None:
    log = filled(tmp_path)
    for n in range(5):
        log.save(b"%d" % n)
        log.append([liq(n)])
        log.sync()
    log.close()
    assert len(list(tmp_path.glob("state-*"))) == 2
    assert ids(tmp_path) == (b"4", ["4"])


@given(cut=st.integers(0, 2_000), flip=st.booleans())
@settings(max_examples=60)
def test_a_torn_or_damaged_end_costs_only_what_follows(tmp_path_factory, cut: int, flip: bool) -> None:
    folder = tmp_path_factory.mktemp("log")
    filled(folder).close()
    (file,) = folder.glob("facts-*")
    whole = file.read_bytes()
    at = cut % len(whole)
    file.write_bytes(whole[:at] + (bytes([whole[at] ^ 1]) + whole[at + 1 :] if flip else b""))
    state, found = ids(folder)
    assert state == b"one"
    assert found == ["0", "1", "2", "3", "4"][: len(found)]
    length = len(whole) // 5
    assert len(found) == at // length


def test_a_restart_never_continues_a_torn_file(tmp_path: Path) -> None:
    filled(tmp_path).close()
    (file,) = tmp_path.glob("facts-*")
    file.write_bytes(file.read_bytes()[:-3])
    log = FactLogFiles(tmp_path)
    log.load()
    log.append([liq(7)])
    log.close()
    assert ids(tmp_path) == (b"one", ["0", "1", "2", "3", "7"])


def test_a_disk_that_refuses_keeps_the_facts_for_the_next_sync(tmp_path: Path, monkeypatch) -> None:
    log = filled(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(fact_log.os, "fsync", full)
        log.append([liq(5)])
        with pytest.raises(StoreError):
            log.sync()
    log.append([liq(6)])
    log.close()
    state, found = ids(tmp_path)
    assert state == b"one"
    assert found == ["0", "1", "2", "3", "4", "5", "6"]


def test_beyond_its_room_the_log_is_given_up_until_the_next_state(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(fact_log, "MOST_BYTES", 1_000)
    log = filled(tmp_path)
    log.append(liq(n) for n in range(5, 40))
    log.append([liq(40)])
    assert log.dropped > 0
    log.save(b"two")
    log.append([liq(41)])
    log.close()
    assert ids(tmp_path) == (b"two", ["41"])


def test_a_state_that_finds_no_room_never_doubles_the_facts_before_it(tmp_path: Path, monkeypatch) -> None:
    log = filled(tmp_path)
    log.append([liq(5)])
    log.save(b"two")
    log.append([liq(6)])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        for _ in range(3):
            with pytest.raises(StoreError):
                log.sync()
    assert not list(tmp_path.glob("*.part"))
    assert ids(tmp_path) == (b"one", ["0", "1", "2", "3", "4", "5", "6"])
    log.close()
    assert ids(tmp_path) == (b"two", ["6"])


def test_a_generation_that_was_written_is_not_written_again(tmp_path: Path, monkeypatch) -> None:
    log = filled(tmp_path)
    log.append([liq(5)])
    log.save(b"two")
    log.append([liq(6)])
    real, calls = fact_log.os.fsync, []

    def second_fails(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(fact_log, "_sync_folder", lambda _: None)
        patch.setattr(fact_log.os, "fsync", second_fails)
        with pytest.raises(StoreError):
            log.sync()
    log.close()
    (tmp_path / fact_log.STATE.format(log._number)).write_bytes(b"")
    assert ids(tmp_path) == (b"one", ["0", "1", "2", "3", "4", "5", "6"])


def test_what_cannot_be_read_is_an_error_of_the_store(tmp_path: Path, monkeypatch) -> None:
    filled(tmp_path).close()

    def denied(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(StoreError) as caught:
        FactLogFiles(tmp_path).load()
    assert caught.value.code == "CLRI-STORE-005"
