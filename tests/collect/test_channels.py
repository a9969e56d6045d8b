"""Channels of facts are the words that the sockets and services themselves use."""

import importlib

import pytest

from clri.collect.channels import SERVICES, SILENCE_S, SOCKETS, USUAL_S, channel_of
from clri.collect.instruments import InstrumentTable, instrument
from clri.collect.providers import PROVIDERS
from clri.collect.transport import feeds
from clri.collect.venues import VENUES
from clri.model.control import LIQUIDATION
from clri.testing.builders import T0, long_short_ratio
from clri.testing.builders import instrument as listed
from tests.collect.crosscheck.driving import interest, liq


@pytest.mark.parametrize("venue", sorted(VENUES))
def test_channels_are_those_that_the_sockets_expect(venue):
    """The words and the longest silences of the venue's own subscriptions."""
    module, name = VENUES[venue].split(":")
    spelling = {"okx": "BTC-USDT-SWAP", "gate": "BTC_USDT", "hyperliquid": "BTC"}.get(venue, "BTCUSDT")
    table = InstrumentTable([instrument(T0, venue, spelling, "BTC", "USDT", contract_size=1.0)])
    mapper = getattr(importlib.import_module(module), name)(table)
    expected = {one.channel: one.max_silence_s for conn in mapper.subscriptions(["BTC"]) for one in conn.expect}
    for channel in SOCKETS[venue].values():
        assert SILENCE_S.get((venue, channel), USUAL_S) == expected[channel]


def test_a_fact_by_call_belongs_to_the_host():
    facts = [interest(0, 1.0, "binance", src="rest"), long_short_ratio(src="rest"), liq(0), listed()]
    assert [channel_of(fact) for fact in facts] == ["rest", "rest", LIQUIDATION, "instruments"]
    assert feeds.LIQUIDATION == LIQUIDATION


@pytest.mark.parametrize("venue", sorted(SERVICES))
def test_channels_of_services_are_those_that_they_speak_of(venue):
    module, name = PROVIDERS[venue].split(":")
    words = {channel for _, channel in getattr(importlib.import_module(module), name).channels}
    assert set(SERVICES[venue].values()) <= words
