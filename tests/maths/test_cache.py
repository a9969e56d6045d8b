"""Choice of the cache folder: order, refusals, privacy, and the hash that names it."""

import os
import tempfile
from pathlib import Path

import pytest

from clri.maths import cache


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A setting, a user cache and a temporary folder of this test; `blocked` cannot hold folders."""
    temp = tmp_path / "temp"
    temp.mkdir()
    (tmp_path / "blocked").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(cache.sys, "platform", "linux")
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    return tmp_path


def block(places, monkeypatch, *which):
    if "user" in which:
        monkeypatch.setenv("XDG_CACHE_HOME", str(places / "blocked/user"))
    if "temp" in which:
        monkeypatch.setattr(tempfile, "tempdir", str(places / "blocked"))


def test_the_setting_comes_first(places):
    state = cache.choose(str(places / "mine/deep"), "numba 1")
    assert (state.mode, state.warning) == ("setting", None)
    assert Path(state.folder).parent == places / "mine/deep"
    assert Path(state.folder).name == f"kernels-{cache.build_hash('numba 1')}"
    assert list(Path(state.folder).iterdir()) == []


def test_without_a_setting_the_user_cache(places):
    state = cache.choose("", "numba 1")
    assert (state.mode, state.warning) == ("user", None)
    assert Path(state.folder).parent == places / "user/clri"


def test_a_refused_setting_is_named(places):
    state = cache.choose(str(places / "blocked/mine"), "numba 1")
    assert state.mode == "user"
    assert "setting cache folder refused" in state.warning
    assert str(places / "blocked/mine") in state.warning


def test_then_a_private_temporary_folder(places, monkeypatch):
    block(places, monkeypatch, "user")
    state = cache.choose("", "numba 1")
    assert state.mode == "temp"
    folder = Path(state.folder).parent
    assert folder == places / f"temp/clri-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert cache.choose("", "numba 1") == state  # the next start finds its own folder again


def test_no_home_folder(places, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")

    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(cache.Path, "home", nowhere)
    assert cache.choose("", "numba 1").mode == "temp"


@pytest.mark.parametrize("trap", ["open", "link", "foreign"])
def test_a_temporary_folder_of_others_is_refused(places, monkeypatch, trap):
    block(places, monkeypatch, "user")
    folder = places / f"temp/clri-{os.getuid()}"
    if trap == "link":
        (places / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(places / "elsewhere")
    else:
        folder.mkdir(mode=0o700)
    if trap == "open":
        folder.chmod(0o770)
    if trap == "foreign":
        me = os.getuid()
        monkeypatch.setattr(cache.os, "getuid", lambda: me + 1)
        folder.rename(places / f"temp/clri-{me + 1}")
    state = cache.choose("", "numba 1")
    assert (state.mode, state.folder) == ("none", None)
    assert "mode 700" in state.warning


def test_no_folder_at_all_is_a_state_not_an_error(places, monkeypatch):
    block(places, monkeypatch, "user", "temp")
    state = cache.choose(str(places / "blocked/mine"), "numba 1")
    assert (state.mode, state.folder) == ("none", None)
    for word in ("setting", "user", "temp", "compiled anew"):
        assert word in state.warning


def test_hash_follows_sources_compiler_and_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "_CLRI", tmp_path)
    monkeypatch.setattr(cache, "_HASHED", (tmp_path / "maths", tmp_path / "absent"))
    (tmp_path / "maths/deep").mkdir(parents=True)
    seen = {cache.build_hash("numba 1"), cache.build_hash("numba 2")}
    helper = tmp_path / "maths/deep/helper.py"
    for text in ("A = 1\n", "A = 2\n"):
        helper.write_text(text)
        seen.add(cache.build_hash("numba 1"))
    helper.rename(tmp_path / "maths/other.py")
    seen.add(cache.build_hash("numba 1"))
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")  # numba itself ignores it for cached code
    seen.add(cache.build_hash("numba 1"))
    assert len(seen) == 6
    same = cache.build_hash("numba 1")
    (tmp_path / "maths/notes.txt").write_text("no source")
    monkeypatch.setenv("OTHER", "1")
    assert cache.build_hash("numba 1") == same


def test_hash_covers_every_floor_that_may_hold_kernels():
    root = Path(cache.__file__).parent.parent
    assert all(cache.covers(str(root / floor / "x.py")) for floor in ("maths", "scores", "model"))
    assert not cache.covers(str(root / "serve/x.py"))
    assert not cache.covers(__file__)
