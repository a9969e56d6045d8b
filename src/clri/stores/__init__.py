"""Where facts and outputs are kept, behind one port and one schema.

| name | what it is |
|---|---|
| sqlite | one file, one writer, any number of readers; what a restart begins from |
| memory | bounded rings; live reads |

`tiers` joins the two. A new store is one file and one line here, proved by `clri.testing.conformance.store`.
"""

from typing import Final

STORES: Final[dict[str, str]] = {
    "memory": "clri.stores.memory:MemoryStore",
    "sqlite": "clri.stores.sqlite:SqliteStore",
}
"""Name -> "module:class", loaded by who assembles the application."""
