"""Liquidations at wire speed: rendered before, sent by the clock."""

from typing import Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.tape import Order
from clri.collect.simulate.voice import Told, VenueFrames
from clri.model.timebase import MILLI
from clri.testing.fake_venues.line import Line
from clri.testing.fake_venues.protocol import encode

FIRST_NUMBER: Final = 1 << 40
"""Numbers of orders that are not of the market."""
PIECE_S: Final = 0.01
"""Time between two handfuls of frames."""


def rendered(voice: VenueFrames, count: int, at: int, first: int) -> list[tuple[Told, bytes]]:
    """`count` frames of one order each, numbered from `first`, that leave at `at` (ms) and one ms later each.

    No throttle holds them back: the venue's own form, not its own pace.
    """
    now, found = voice.view.now(at), []
    for k in range(count):
        coin = k % len(COINS)
        c = COINS[coin]
        tick = 10.0**-c.digits
        price = round(now.mark[coin] - tick * (k // len(COINS) % 50), c.digits)
        qty = round((1 + k % 97) * 10.0**-c.lot, c.lot)
        order = Order((at + k) * MILLI, coin, voice.view.number, k % 3 > 0, price, price, qty, first + k)
        told = voice.single(order, at + k)
        found.append((told, encode(told.frame)))
    return found


def takers(lines: list[Line], voice: VenueFrames, told: Told) -> list[Line]:
    """Connections to which a frame goes."""
    return [
        line
        for line in lines
        if any(topic.channel == voice.liquidations and voice.concerns(topic, told) for topic in line.topics)
    ]
