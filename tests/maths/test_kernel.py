"""The decorator: options, registry, frozen types, and a cache that never returns an old result."""

import ast
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
import pytest

from clri.maths import asof, correlation, ewma, history, kernel, moments, order, quantile, scale, sums
from clri.maths.log import ln
from tests.maths.panels import panel

ROOT = Path(__file__).parent.parent.parent
MODULES = (asof, correlation, ewma, history, moments, order, quantile, scale, sums)
compiled_only = pytest.mark.skipif(kernel.cache_state().mode == "interpreted", reason="nothing is compiled")


def python(code, src=ROOT / "src", **env):
    """Run code in a fresh interpreter; returns what it printed."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "CLRI_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**keep, "PYTHONPATH": str(src), "PYTHONDONTWRITEBYTECODE": "1", **env},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["clri.maths", "clri.maths.money", "clri.maths.rounding"])
def test_plain_modules_do_not_load_the_compiler(name):
    assert python(f"import sys, {name}; print('numba' in sys.modules)") == "False"


def test_every_decorated_function_is_registered():
    wanted = {"clri.maths.log.ln", "clri.maths.log.exp"}
    for module in MODULES:
        for node in ast.parse(Path(module.__file__).read_text()).body:
            if isinstance(node, ast.FunctionDef) and any(ast.unparse(d) == "kernel" for d in node.decorator_list):
                wanted.add(f"{module.__name__}.{node.name}")
    assert len(wanted) > 25
    assert wanted <= set(kernel.registered())


@compiled_only
def test_no_option_that_changes_bits():
    for name in kernel.registered():
        options = kernel._kernels[name].targetoptions
        assert options["nogil"] is True, name
        assert options["error_model"] == "numpy", name
        assert not {"fastmath", "parallel", "boundscheck"} & {k for k, v in options.items() if v}, name


def test_only_kernel_py_names_the_compiler():
    for path in sorted((ROOT / "src/clri").rglob("*.py")):
        if path.name != "kernel.py":
            assert "import numba" not in path.read_text(), path
            assert "from numba" not in path.read_text(), path


@compiled_only
def test_functions_outside_the_hash_are_not_cached():
    @kernel.kernel
    def third(x: float) -> float:
        return x / 3.0

    assert third(1.5) == 0.5
    assert third._cache.cache_path is None
    assert str(ln._cache.cache_path).startswith(str(kernel.cache_state().folder))


def test_numbas_own_folder_is_left_alone(monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "/elsewhere", raising=False)

    @kernel.kernel
    def same(x: float) -> float:
        return x

    assert same(2.0) == 2.0
    assert numba.config.CACHE_DIR == "/elsewhere"


def test_the_folder_cannot_be_changed_once_kernels_exist():
    with pytest.raises(RuntimeError, match="set it before"):
        kernel.use_cache("/somewhere")


@compiled_only
def test_frozen_kernels_refuse_new_types():
    state, x = history.History(cap=4).allocate(1), np.ones((4, 2))
    rows = np.ones((4, 1))
    out = np.empty((4, 1))
    arguments = (0, rows, None, out, None, 1, 0.1, 1)
    history.roll(*state, *arguments)
    unused = kernel.freeze()
    try:
        assert "clri.maths.history.roll" not in unused
        history.roll(*state, 4, rows, None, out, None, 1, 0.1, 1)
        read_only = np.frombuffer(rows.tobytes()).reshape(rows.shape)
        for wrong in (read_only, x[:, :1], rows.astype(np.float32)):
            with pytest.raises(TypeError, match="No matching definition"):
                history.roll(*state, 0, wrong, None, out, None, 1, 0.1, 1)
    finally:
        kernel.freeze(on=False)
    history.roll(*state, 0, x[:, :1], None, out, None, 1, 0.1, 1)


CALL = """
from clri.maths.ewma import blend
from clri.maths import kernel
print(blend(40.0, 30.0, 1e9, 60.0), sum(blend.stats.cache_hits.values()), kernel.cache_state().mode)
"""


@pytest.mark.timeout(180)
def test_cache_is_used_and_an_edit_of_a_helper_in_another_file_is_seen(tmp_path):
    src = tmp_path / "src"
    shutil.copytree(ROOT / "src/clri/maths", src / "clri/maths", ignore=shutil.ignore_patterns("__pycache__"))
    (src / "clri/__init__.py").touch()  # else an installed clri goes before the copy
    folder = {"src": src, "CLRI_CACHE__DIR": str(tmp_path / "cache")}
    assert python(CALL, **folder) == "30.0 0 setting"
    assert python(CALL, **folder) == "30.0 1 setting"
    helper = src / "clri/maths/log.py"
    helper.write_text(helper.read_text().replace("        return 0.0\n", "        return 0.5\n"))
    assert python(CALL, **folder) == "35.0 0 setting"
    assert len(list((tmp_path / "cache").iterdir())) == 2


@pytest.mark.timeout(180)
def test_works_without_any_cache(tmp_path):
    (tmp_path / "blocked").write_text("a file")
    nowhere = str(tmp_path / "blocked/x")
    code = f"import tempfile; tempfile.tempdir = {nowhere!r}\n{CALL}"
    assert python(code, CLRI_CACHE__DIR=nowhere, XDG_CACHE_HOME=nowhere, HOME=nowhere) == "30.0 0 none"


@pytest.mark.timeout(180)
def test_a_folder_that_vanishes_between_two_kernels(tmp_path):
    code = f"""
import clri.maths.log, shutil
from clri.maths import kernel
folder = kernel.cache_state().folder
assert folder.startswith({str(tmp_path)!r})
shutil.rmtree(folder)
open(folder, "w").close()
from clri.maths.scale import clip
assert clip(2.0, 0.0, 1.0) == 1.0
print(kernel.cache_state().mode, "can no longer be written" in kernel.cache_state().warning)
"""
    assert python(code, CLRI_CACHE__DIR=str(tmp_path)) == "none True"


def test_settings_file_may_name_the_folder(tmp_path):
    code = f"""
from clri.maths import kernel
kernel.use_cache({str(tmp_path)!r})
import clri.maths.log
print(kernel.cache_state().mode)
"""
    assert python(code, CLRI_CACHE__DIR="/nowhere") == "setting"


def test_interpreted_run_says_so():
    code = (
        "from clri.maths import kernel, log; print(kernel.cache_state().mode, type(log.ln).__name__, kernel.freeze())"
    )
    assert python(code, NUMBA_DISABLE_JIT="1") == "interpreted function ()"


@kernel.kernel
def update(t0, ring, slots, n, mean_ring, mean_n, mean_stat, back, x, y):  # noqa: PLR0917 - as scores do
    """A score as KERNELS 2 writes it: all columns in one array per direction."""
    history.roll(ring, slots, n, t0, x[0], y[0], y[1], None, 3, 0.1, 5)
    moments.roll(mean_ring, mean_n, mean_stat, t0, x[1], None, y[2], None, 2, 1)
    asof.roll(back, t0, x[1], y[3], 5, 2)
    for row in range(x.shape[1]):
        for lane in range(x.shape[2]):
            y[1, row, lane] = scale.round_half_up(scale.squash(y[0, row, lane]) + ln(1.0 + y[1, row, lane]))


def test_kernels_are_callable_from_a_score():
    x = np.stack([panel(80, 2, 1, missing=0.1), panel(80, 2, 2)])

    def run(cuts):
        y = np.full((4, 80, 2), -1.0)
        state = (*history.History(cap=6, every=5).allocate(2), *moments.allocate(2, 9), asof.allocate(2, 5, 2))
        for start, end in pairwise([0, *cuts, 80]):
            block = np.empty((4, end - start, 2))
            update(100 + start, *state, np.ascontiguousarray(x[:, start:end]), block)
            y[:, start:end] = block
        return y

    assert run([]).tobytes() == run([1, 2, 50]).tobytes()
    assert np.isfinite(run([])[:, 40:, :]).mean() > 0.8
