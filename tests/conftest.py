"""What every test may use: hypothesis profiles and the development data."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

DEV_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ABSENT = "development data ../shared/data is absent"

# A cold kernel may compile inside an example, so examples have no deadline; pytest-timeout limits the test.
# CI repeats the same examples, so that a red run is red again at home.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `dev_data` where the data are not there."""
    if item.get_closest_marker("dev_data") and not DEV_DATA.is_dir():
        pytest.skip(ABSENT)


@pytest.fixture(scope="session")
def dev_data() -> Path:
    """Return the folder of the development data: read-only, never part of the repository."""
    if not DEV_DATA.is_dir():
        pytest.skip(ABSENT)
    return DEV_DATA
