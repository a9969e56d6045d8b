"""What takes minutes of real time is a soak test."""

from pathlib import Path

import pytest

SOAK = frozenset(
    {"test_burst", "test_commands", "test_false_alarms", "test_nothing_lost", "test_recovery", "test_replayed"}
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole files; the others of this folder take seconds."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.stem in SOAK:
            item.add_marker(pytest.mark.soak)
