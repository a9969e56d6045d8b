"""What takes minutes of real time is a soak test."""

import pytest

SOAK = frozenset(
    {"test_burst", "test_commands", "test_false_alarms", "test_nothing_lost", "test_recovery", "test_replayed"}
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole files; the others of this folder take seconds."""
    for item in items:
        if item.module.__name__.rpartition(".")[2] in SOAK and "tests.live" in item.module.__name__:
            item.add_marker(pytest.mark.soak)
