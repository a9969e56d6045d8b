"""No test of this folder reaches beyond the machine."""

from tests.collect.transport.conftest import only_loopback  # noqa: F401 - a fixture that is always used
