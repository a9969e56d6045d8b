"""The shape of the repository: what import-linter and ruff cannot see.

Each check names the file and the rule it breaks. A folder that is not there yet is skipped, not passed.
"""

import ast
import importlib
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src" / "clri"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

MAX_LINES = 400
MAX_ROOT_ENTRIES = 16

# Calculation floors: pure functions of facts and rows (ARCHITECTURE.md, Floors).
CALCULATION = ("model", "ports.py", "maths", "engine", "observe", "detectors", "scores", "evaluate", "rules")
EDGES = ("collect", "stores", "deliver", "serve", "client")
LOWER = (*CALCULATION, *EDGES, "hosts")

# Where plug-ins live: folder -> (name of its registry, files that only help the entries).
# A new file in one of these folders is either an entry of the registry or named here.
REGISTRIES: dict[str, tuple[str, frozenset[str]]] = {
    "observe": (
        "ACCUMULATORS",
        frozenset({"freshness", "intake", "oi_contract", "row", "shares", "state", "unified_oi", "weighted"}),
    ),
    "detectors": (
        "DETECTORS",
        frozenset(
            {
                *("adaptive_threshold", "cascade_episode", "cascade_score", "feed_health", "institutional"),
                *("level_cells", "level_step", "liquidation_window", "pace", "sessions", "venue_comparison"),
            }
        ),
    ),
    "scores": (
        "SCORES",
        frozenset(
            {
                *("attribution", "correlation", "estimated_levels", "level_bins", "market", "market_reading"),
                *("frame_rules", "pairs", "reading", "tier", "track", "what_if"),
                *("funding_events", "joint_level", "stablecoin_pressure", "sustained"),
            }
        ),
    ),
    "collect/venues": ("VENUES", frozenset()),
    "collect/providers": ("PROVIDERS", frozenset({"ccxt_polls", "elsewhere", "mapper", "run", "told", "wallets"})),
}


def sources(*folders: Path) -> list[Path]:
    """Return every Python file below the folders that exist."""
    return sorted(path for folder in folders if folder.is_dir() for path in folder.rglob("*.py"))


def floor_files(floors: tuple[str, ...]) -> list[Path]:
    """Return every Python file of the named floors; a floor is a folder or, like ports.py, one file."""
    single = [SRC / floor for floor in floors if floor.endswith(".py") and (SRC / floor).is_file()]
    return sorted(single + sources(*(SRC / floor for floor in floors if not floor.endswith(".py"))))


def nodes(path: Path) -> Iterator[ast.AST]:
    """Walk the syntax tree of a file."""
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))


def imported(node: ast.AST) -> list[str]:
    """Return the dotted modules that an import statement names, else nothing."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


def place(path: Path, node: ast.AST | None = None) -> str:
    """Return `file:line` relative to the root."""
    return f"{path.relative_to(ROOT)}" + (f":{node.lineno}" if node is not None else "")


def fail_if(broken: list[str], rule: str) -> None:
    """Fail with the rule and every place that breaks it."""
    assert not broken, f"{rule}:\n  " + "\n  ".join(broken)


# ---------------------------------------------------------------- packages and imports
@pytest.mark.parametrize("tree", [SRC, ROOT / "tests"], ids=["src", "tests"])
def test_every_folder_with_python_files_is_a_package(tree: Path) -> None:
    folders = sorted({path.parent for path in sources(tree)})
    fail_if(
        [place(folder) for folder in folders if not (folder / "__init__.py").is_file()],
        "a folder with .py files needs an __init__.py, else import-linter does not see it",
    )


def test_the_package_itself_imports_nothing() -> None:
    path = SRC / "__init__.py"
    fail_if(
        [place(path, node) for node in nodes(path) if imported(node)],
        "src/clri/__init__.py holds the map of the package and imports nothing",
    )


def test_calculation_does_not_import_by_name() -> None:
    fail_if(
        [
            place(path, node)
            for path in floor_files(CALCULATION)
            for node in nodes(path)
            if any(name.split(".")[0] == "importlib" for name in imported(node))
            or (isinstance(node, ast.Name) and node.id == "__import__")
        ],
        "importlib in a calculation floor hides an import from import-linter",
    )


def test_lower_floors_never_import_the_whole_package() -> None:
    fail_if(
        [
            place(path, node)
            for path in floor_files(LOWER)
            for node in nodes(path)
            if (isinstance(node, ast.Import) and "clri" in imported(node))
            or (isinstance(node, ast.ImportFrom) and node.module == "clri")
        ],
        "name the module (`from clri.model.facts import ...`): import-linter does not see `import clri`",
    )


# ---------------------------------------------------------------- time
def clock_reads(path: Path) -> Iterator[ast.AST]:
    """Yield what reads a clock: the module `time`, now/utcnow/today of a date class, numpy's "now"."""
    dates = {"datetime", "date"}
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            dates |= {alias.asname or alias.name for alias in node.names if alias.name in dates}
    for node in nodes(path):
        if any(name.split(".")[0] == "time" for name in imported(node)):
            yield node
        elif isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            if ast.unparse(node.value).rpartition(".")[2] in dates:
                yield node
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("datetime64"):
            yield from (arg for arg in node.args if ast.unparse(arg) in {"'now'", "'today'"})


def test_calculation_reads_no_clock() -> None:
    fail_if(
        [place(path, node) for path in floor_files(CALCULATION) for node in clock_reads(path)],
        "time is data: take it from the fact or the Tick, a replay has no other clock",
    )


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("import time as t", True),
        ("from time import perf_counter", True),
        ("import datetime\ndatetime.datetime.now()", True),
        ("from datetime import datetime as d\nd.utcnow()", True),
        ("import numpy as np\nnp.datetime64('now')", True),
        ("from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)", False),
        ("class Levels:\n    def now(self): return self.today", False),
    ],
)
def test_the_clock_check_sees_every_spelling(tmp_path: Path, code: str, reads: bool) -> None:
    path = tmp_path / "x.py"
    path.write_text(code, encoding="utf-8")
    assert bool(list(clock_reads(path))) is reads


# ---------------------------------------------------------------- contracts
def test_contracts_list_every_floor_that_exists() -> None:
    contracts = {contract["name"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
    pure = contracts["calculation does no IO and reads no clock"]["source_modules"]
    hosts = contracts["hosts know ports, never concrete edges, scores or rules"]["forbidden_modules"]
    wanted = [(floor, pure) for floor in CALCULATION if not floor.endswith(".py")]
    wanted += [(floor, hosts) for floor in (*EDGES, "detectors", "scores", "rules") if floor != "client"]
    fail_if(
        [f"clri.{floor}" for floor, listed in wanted if (SRC / floor).is_dir() and f"clri.{floor}" not in listed],
        "a floor exists that an import-linter contract in pyproject.toml does not name yet",
    )


# ---------------------------------------------------------------- registries
def registry(folder: str) -> object:
    """Import the registry of a folder, or skip when the folder is not there yet."""
    name, _ = REGISTRIES[folder]
    if not (SRC / folder / "__init__.py").is_file():
        pytest.skip(f"src/clri/{folder} does not exist yet")
    module = importlib.import_module("clri." + folder.replace("/", "."))
    assert hasattr(module, name), f"src/clri/{folder}/__init__.py: the registry {name} is missing"
    return getattr(module, name)


def values(entries: object) -> list[object]:
    """Return the entries of a registry, which is a dict or a tuple."""
    return list(entries.values()) if isinstance(entries, dict) else list(entries)


def module_of(entry: object, package: str) -> str:
    """Return the dotted module of an entry: "module:name", a module, class, function or instance."""
    if isinstance(entry, tuple):
        entry = entry[-1]
    if isinstance(entry, str):
        name = entry.partition(":")[0]
        return name if name.startswith("clri.") else f"{package}.{name.lstrip('.')}"
    for source in (entry, type(entry)):
        if isinstance(name := getattr(source, "__module__", None), str) and name.startswith(f"{package}."):
            return name
    return str(getattr(entry, "__name__", entry))


def plug_ins(folder: str) -> set[str]:
    """Return what must be registered, without helpers: files, or for venues folders but `_template`."""
    path, (_, helpers) = SRC / folder, REGISTRIES[folder]
    if folder == "collect/venues":
        found = {entry.parent.name for entry in path.glob("[!_]*/__init__.py")}
    else:
        found = {entry.stem for entry in path.glob("*.py") if entry.stem != "__init__"}
        found |= {entry.parent.name for entry in path.glob("*/__init__.py")}
    return found - helpers


@pytest.mark.parametrize("folder", REGISTRIES)
def test_every_plug_in_is_registered(folder: str) -> None:
    package = "clri." + folder.replace("/", ".")
    modules = [module_of(entry, package) for entry in values(registry(folder))]
    registered = {name.removeprefix(f"{package}.").split(".")[0] for name in modules}
    name = REGISTRIES[folder][0]
    fail_if(
        [f"src/clri/{folder}/{missing}" for missing in sorted(plug_ins(folder) - registered)],
        f"neither in {package}.{name} nor a helper in tests/test_shape.py",
    )
    fail_if(
        [f"{package}.{extra}" for extra in sorted(registered - plug_ins(folder))],
        f"{package}.{name} names what is not in its folder",
    )


@pytest.mark.parametrize("folder", REGISTRIES)
def test_every_registered_name_loads(folder: str) -> None:
    package = "clri." + folder.replace("/", ".")
    for entry in values(registry(folder)):
        target = entry[-1] if isinstance(entry, tuple) else entry
        if isinstance(target, str):
            name = target.partition(":")[2]
            module = importlib.import_module(module_of(target, package))
            assert not name or hasattr(module, name), f"{package}: {target} is registered but has no {name}"


@pytest.mark.parametrize("folder", REGISTRIES)
def test_every_helper_still_exists(folder: str) -> None:
    path = SRC / folder
    if not path.is_dir():
        pytest.skip(f"src/clri/{folder} does not exist yet")
    helpers = REGISTRIES[folder][1]
    fail_if(
        [f"{folder}/{name}" for name in sorted(helpers) if not (path / f"{name}.py").is_file()],
        "tests/test_shape.py names a helper that is gone",
    )


# ---------------------------------------------------------------- size
def test_no_file_is_too_long() -> None:
    counts = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in sources(ROOT / "src", ROOT / "tests", ROOT / "benchmarks")
    }
    fail_if(
        [f"{place(path)}: {count} lines" for path, count in counts.items() if count > MAX_LINES],
        f"a file ends at {MAX_LINES} lines; split it by noun",
    )


def repository_files() -> list[str]:
    """Return the files that git tracks or would add, or skip outside a repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git repository, or git is not installed")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).exists()]


def test_the_root_is_no_attic() -> None:
    entries = sorted({name.split("/")[0] for name in repository_files()})
    fail_if(entries[MAX_ROOT_ENTRIES:], f"the root holds {len(entries)} entries, {MAX_ROOT_ENTRIES} allowed")


# ---------------------------------------------------------------- tooling
@pytest.mark.parametrize("name", ["dev", "bench"])
def test_locks_hold_hashes_and_no_addresses(name: str) -> None:
    path = ROOT / "requirements" / f"{name}.lock"
    text = path.read_text(encoding="utf-8")
    address = re.compile(r"://| @ |index-url")
    lines = enumerate(text.splitlines(), start=1)
    fail_if(
        [f"{place(path)}:{number}" for number, line in lines if address.search(line)],
        "a lock names packages and hashes, never where they came from",
    )
    pins = re.findall(r"^[a-z0-9][^\s=]*==", text, flags=re.MULTILINE)
    blocks = re.findall(r"^[a-z0-9][^\n]*\\\n    --hash=sha256:", text, flags=re.MULTILINE)
    assert pins, f"{place(path)}: no requirement found"
    assert len(pins) == len(blocks), f"{place(path)}: {len(pins)} requirements but {len(blocks)} with a hash"


def test_ci_runs_the_words_of_the_makefile() -> None:
    path = ROOT / ".ci" / "run"
    text = path.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    words = set(re.findall(r"^([a-z]+):.*## ", makefile, flags=re.MULTILINE))
    called = set(re.findall(r"^\s*make ([a-z]+)", text, flags=re.MULTILINE))
    assert os.access(path, os.X_OK), ".ci/run: must be executable"
    assert text.startswith("#!/usr/bin/env bash\n"), ".ci/run: starts with the bash line"
    assert "set -euo pipefail" in text, ".ci/run: must stop at the first error"
    assert {"lint", "test"} <= called, f".ci/run: must call lint and test, it calls {sorted(called)}"
    assert called <= words, f".ci/run: the Makefile has no {sorted(called - words)}"


def test_links_in_documents_lead_to_files() -> None:
    broken = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            relative = target.partition("#")[0]
            outside = not relative or "://" in target or target.startswith("mailto:")
            if not outside and not (path.parent / relative).exists():
                broken.append(f"{place(path)}: {target}")
    fail_if(broken, "a link in a document leads nowhere")
