"""No test of this folder reaches beyond the machine."""

from tests.collect.transport.conftest import only_loopback

__all__ = ["only_loopback"]
