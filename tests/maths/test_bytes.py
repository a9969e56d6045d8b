"""Equal bytes: compiled against interpreted, and against those recorded when the kernels were written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clri.maths.kernel import cache_state
from tests.maths.panels import run_all

ROOT = Path(__file__).parent.parent.parent
RECORDED = {
    "history.smooth": "b0cf23383b8de4bb",
    "quantile.smooth": "0bd19404b49dc65d",
    "moments.smooth": "bfa444240fc05e23",
    "correlation.smooth": "d57e12ae1779723d",
    "sums.smooth": "51281a9e59b28cc0",
    "asof.smooth": "1821260561e83f64",
    "history.tied": "48332a321120b633",
    "quantile.tied": "7a75ef88251130b3",
    "moments.tied": "1d20d3f88b12174e",
    "correlation.tied": "3656e1dcb64ac2be",
    "sums.tied": "596252cdc4812211",
    "asof.tied": "88c58b6eb623bc6c",
    "ln": "6406771f21a63bec",
    "exp": "76fde790285acc2e",
    "rank": "c13e11de94f73516",
    "interpolate": "e0ebe06411d6f986",
    "squash": "234ec30c2ac20aac",
    "round_half_up": "ad36f4769d61623d",
    "round_half_away": "0c7a65cebd6f229d",
    "ewma": "a468237cf51d1bbc",
    "micro": "040bf9687ab96565",
}


def run_elsewhere(jit):
    env = {**os.environ, "NUMBA_DISABLE_JIT": "0" if jit else "1", "PYTHONPATH": f"{ROOT}/src{os.pathsep}{ROOT}"}
    command = [sys.executable, "-W", "error", str(ROOT / "tests/maths/panels.py")]
    return json.loads(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)


@pytest.fixture(scope="module")
def here():
    return run_all()


@pytest.mark.timeout(300)
def test_compiled_and_interpreted_give_equal_bytes(here):
    other = run_elsewhere(jit=cache_state().mode == "interpreted")
    assert here == other


def test_bytes_are_those_of_the_day_the_kernels_were_written(here):
    assert here == RECORDED
