"""The store suite on every registered store, and on the two tiers together."""

import importlib
from pathlib import Path

import pytest

from clri.stores import STORES
from clri.stores.memory import MemoryStore
from clri.stores.sqlite import SqliteStore
from clri.stores.tiers import TieredStore
from clri.testing.conformance import store as suite
from clri.testing.conformance import (
    store_content,
    store_event_states,
    store_funding_events,
    store_health,
    store_life,
    store_pairs,
    store_rows,
)
from clri.testing.conformance.assertions import MakeStore

NAMES = [*STORES, "tiered"]


def factory(name: str, folder: Path) -> MakeStore:
    """How to open the store of a name in a folder."""
    path = folder / "clri.db"
    if name == "tiered":
        return lambda mode: TieredStore(MemoryStore(mode), SqliteStore(path, mode))
    module, cls = STORES[name].split(":")
    store = getattr(importlib.import_module(module), cls)
    return store if name == "memory" else lambda mode: store(path, mode)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("check", suite.CHECKS, ids=lambda check: check.__name__)
def test_every_store(name: str, check: suite.Check, tmp_path: Path) -> None:
    check(factory(name, tmp_path))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "memory"])
@pytest.mark.parametrize("check", suite.DURABLE_CHECKS, ids=lambda check: check.__name__)
def test_durable_stores(name: str, check: suite.Check, tmp_path: Path) -> None:
    check(factory(name, tmp_path))


def test_the_suite_lists_all_its_checks() -> None:
    modules = (
        store_content,
        store_event_states,
        store_funding_events,
        store_health,
        store_life,
        store_pairs,
        store_rows,
    )
    written = {name for module in modules for name in vars(module) if name.startswith("check_")}
    assert {check.__name__ for check in suite.CHECKS + suite.DURABLE_CHECKS} == written
