"""No test of this folder reaches beyond the machine."""

import asyncio.selector_events
import ipaddress
import socket

import pytest


def loopback(address) -> bool:
    return not isinstance(address, tuple) or ipaddress.ip_address(address[0]).is_loopback


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch) -> None:
    loop_connect = asyncio.selector_events.BaseSelectorEventLoop.sock_connect
    connect = socket.socket.connect

    async def checked(self, sock, address) -> None:
        assert loopback(address), f"a test connects to {address}"
        await loop_connect(self, sock, address)

    def checked_too(self, address) -> None:
        assert loopback(address), f"a test connects to {address}"
        connect(self, address)

    monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", checked)
    monkeypatch.setattr(socket.socket, "connect", checked_too)
