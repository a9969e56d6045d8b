"""Forced orders of a simulated market as facts: every one of them, and those that the venues' feeds tell."""

import heapq
from collections.abc import Sequence
from zlib import crc32

from clri.collect.decoders import Decoders, mapper_class
from clri.collect.simulate.chance import latency_ns
from clri.collect.simulate.coins import PLACES, SYMBOLS
from clri.collect.simulate.frames import encode
from clri.collect.simulate.tape import Order, Tape
from clri.collect.simulate.venues import FRAMES
from clri.collect.simulate.view import View
from clri.collect.simulate.voice import Told, VenueFrames
from clri.model.control import LIQUIDATION, feed_status
from clri.model.facts import Fact, Liquidation
from clri.model.timebase import MILLI, SECOND


def feeds_up(ts: int) -> list[Fact]:
    """Word of every venue that its liquidation feed is up at `ts` (ns)."""
    return [feed_status(place.venue, LIQUIDATION, "up", ts, detail="simulated: up") for place in PLACES]


def true_facts(orders: Sequence[Order]) -> list[Fact]:
    """Every order as a liquidation that is received the moment it happens."""
    return [_true(order) for order in orders]


def _true(order: Order) -> Liquidation:
    return Liquidation(
        ts=order.at,
        ts_venue=order.at,
        symbol=SYMBOLS[order.coin],
        venue=PLACES[order.place].venue,
        market="perp",
        raw=None,
        src="sim",
        seq=None,
        backfill=False,
        side=order.side,
        price=order.price,
        price_kind="fill",
        qty=order.qty,
        usd=order.usd,
        completeness="all",
        method="market",
        event_id=str(order.number),
    )


class ToldFeeds:
    """Liquidation frames of all venues, throttled and batched as theirs, through their real mappers.

    Only liquidations are rendered: nothing else that venues say reaches the detector. Receipt = time of the frame +
    latency of the venue, as in `clri.collect.simulate.frames`.

    Parameters
    ----------
    tape
        The market; grows.
    """

    def __init__(self, tape: Tape) -> None:
        self._voices = [FRAMES[place.venue](View(tape, number)) for number, place in enumerate(PLACES)]
        self._decoders = Decoders()
        self._last: dict[object, int] = {}
        self._waiting: list[tuple[int, int, int, Liquidation]] = []
        self._serial = 0
        for voice in self._voices:
            self._learn(voice)

    def until(self, tape: Tape, start: int, end: int) -> list[Fact]:
        """Liquidations received before `end`, after the seconds from `start` to before `end` (s since 1970) ended."""
        spoken = {(order.at // SECOND, order.place) for order in tape.orders if start <= order.at // SECOND < end}
        for second, number in sorted(spoken):
            voice = self._voices[number]
            voice.view.tape = tape
            for told in voice.forced(second).told:
                self._receive(voice, told)
        found: list[Fact] = []
        while self._waiting and self._waiting[0][0] < end * SECOND:
            found.append(heapq.heappop(self._waiting)[3])
        return found

    def _learn(self, voice: VenueFrames) -> None:
        """Teach the venue's mapper its contracts."""
        at = voice.view.tape.start // MILLI
        for poll in mapper_class(voice.venue)().lists():
            reply = voice.reply(poll.method, poll.path, poll.body, at)
            self._decoders.decode(voice.venue, 0, poll.asked, encode(reply), at * MILLI)

    def _receive(self, voice: VenueFrames, told: Told) -> None:
        view = voice.view
        chance = crc32(f"{told.topic.channel} {told.topic.name}".encode())
        lag_ns = latency_ns(view.place.lag_ns, view.seed, view.number, chance, told.at)
        key = voice.venue, told.topic
        recv_ns = max(told.at * MILLI + lag_ns, self._last.get(key, 0) + 1)
        self._last[key] = recv_ns
        for fact in self._decoders.decode(voice.venue, 0, None, encode(told.frame), recv_ns):
            if isinstance(fact, Liquidation):
                self._serial += 1
                heapq.heappush(self._waiting, (recv_ns, view.number, self._serial, fact))
