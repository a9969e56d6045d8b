"""A liquidation feed that is mute while the other venues' feeds are not (SCORES 10, VENUES 8)."""

from bisect import insort
from math import ceil, fsum
from typing import ClassVar, Final

import msgspec

from clri.collect.crosscheck.known import Known
from clri.maths.money import nearest_micro
from clri.model.control import LIQUIDATION, FeedStatus, Tick
from clri.model.facts import Fact, Liquidation
from clri.model.names import MARKET, Venue
from clri.model.timebase import HOUR, MINUTE, SECOND
from clri.observe.state import from_bytes, to_bytes

GAP_QUANTILE: Final = 0.99
GAP_FACTOR: Final = 10
GAPS_ENOUGH: Final = 60
GAPS_KEPT: Final = 1440
"""One gap, the longest that ended in it, is kept of each minute with an event."""
PEER_EVENTS: Final = 5
EXPECTED: Final = 10.0
"""Events that the venue should have had by its own share of all of them: by chance none come once in 20,000 times."""
HOURS: Final = 24

BURST_USD: Final = 1_000_000 * 1_000_000
"""In micro-USD."""
BURST_NS: Final = 60 * SECOND
BURST_VENUES: Final = 2
MUTE_NS: Final = 5 * MINUTE
MIN_SHARE: Final = 0.10

PARTIAL: Final[frozenset[Venue]] = frozenset({"hyperliquid"})
"""Feeds that tell only part of the liquidations by design: there nothing follows from none."""


class _Venue(msgspec.Struct):
    up: bool = False
    last: int | None = None  # receipt of the newest event, or of the word that the feed is up
    unbroken: bool = False  # `last` is an event, and the feed was up since
    total: int = 0
    base: dict[Venue, int] = {}  # totals of all venues at `last`
    hours: list[tuple[int, int]] = []  # hour, events in it
    gaps: list[int] = []  # oldest first
    order: list[int] = []  # the same, sorted
    minute: int = 0
    longest: int = 0
    told: int | None = None


class _Sum(msgspec.Struct):
    seconds: list[tuple[int, int]] = []  # second, micro-USD in it
    total: int = 0


class _Coin(msgspec.Struct):
    last: dict[Venue, int] = {}
    sums: dict[Venue, _Sum] = {}
    burst: int | None = None  # when the second venue passed the sum
    loud: list[Venue] = []
    told: list[Venue] = []


class _State(msgspec.Struct, array_like=True):
    venues: dict[Venue, _Venue]
    coins: dict[str, _Coin]


class Silence:
    """Silence of one venue's liquidation feed, all its symbols together, judged each second.

    Suspect, label `suspect`, under MARKET: nothing for more than 10 times the venue's own 99 % gap, while another venue
    had 5 events at least and the venue itself should have had 10 by its share of the last 24 h. Suspect for one coin:
    two venues liquidated 1 M USD each within 60 s, and a third with 10 % of the coin's open interest tells none of it
    from a minute before to 5 min after. The next event, or the socket's own `up`, ends it.

    Notes
    -----
    Of each minute only the longest gap that ended in it is kept, 1440 of them: a cascade of thousands of events would
    otherwise make every calm hour after it look like silence. 60 of them must be known. The share guards against a
    night in which all venues calm down. Gaps across a loss of the feed do not count.
    """

    name: ClassVar[str] = "silence"
    listens: ClassVar[frozenset[type[Fact]]] = frozenset({Liquidation, FeedStatus, Tick})
    held: Final = 0

    def __init__(self, known: Known) -> None:
        self._known = known
        self._venues: dict[Venue, _Venue] = {}
        self._coins: dict[str, _Coin] = {symbol: _Coin() for symbol in sorted(known.symbols)}

    def take(self, fact: Fact, out: list[Fact]) -> Fact | None:
        """Take note of an event or a status; a Tick judges."""
        if isinstance(fact, Liquidation):
            if not fact.backfill and fact.completeness != "aggregate":
                self._event(fact, out)
        elif isinstance(fact, FeedStatus):
            if fact.channel == LIQUIDATION and fact.symbol == MARKET and fact.state != "rate_limited":
                self._status(fact)
        elif isinstance(fact, Tick) and fact.period_s == 1:
            self._judge(fact, out)
        return fact

    def _status(self, fact: FeedStatus) -> None:
        state = self._venues.setdefault(fact.venue, _Venue())
        well = state.up and state.told is None and state.last is not None
        state.up, state.told = fact.state == "up", None
        if not (state.up and well):
            state.unbroken = False
            self._begin(state, fact.ts)
        for coin in self._coins.values():
            if fact.venue in coin.told:
                coin.told.remove(fact.venue)

    def _begin(self, state: _Venue, ts: int) -> None:
        state.last, state.base = ts, {venue: one.total for venue, one in self._venues.items()}

    def _event(self, fact: Liquidation, out: list[Fact]) -> None:
        venue, ts = fact.venue, fact.ts
        state = self._venues.get(venue)
        if state is None:
            state = self._venues[venue] = _Venue(up=True)
        if state.told is not None:
            state.told, state.up = None, True
            out.append(self._known.tell(fact, "up", symbol=MARKET))
        if state.unbroken and state.last is not None:
            self._gap(state, ts - state.last, ts // MINUTE)
        state.total += 1
        self._begin(state, ts)
        state.unbroken = state.up
        hour = ts // HOUR
        if state.hours and state.hours[-1][0] >= hour:
            state.hours[-1] = (state.hours[-1][0], state.hours[-1][1] + 1)
        else:
            state.hours = [*(one for one in state.hours if one[0] > hour - HOURS), (hour, 1)]
        coin = self._coins.get(fact.symbol)
        if coin is not None:
            self._sum(fact, coin, out)

    @staticmethod
    def _gap(state: _Venue, gap: int, minute: int) -> None:
        if minute == state.minute:
            state.longest = max(state.longest, gap)
            return
        if state.longest > 0:
            if len(state.gaps) == GAPS_KEPT:
                state.order.remove(state.gaps.pop(0))
            state.gaps.append(state.longest)
            insort(state.order, state.longest)
        state.minute, state.longest = minute, gap

    def _sum(self, fact: Liquidation, coin: _Coin, out: list[Fact]) -> None:
        venue, ts = fact.venue, fact.ts
        coin.last[venue] = ts
        if venue in coin.told:
            coin.told.remove(venue)
            out.append(self._known.tell(fact, "up"))
        own = coin.sums.get(venue)
        if own is None:
            own = coin.sums[venue] = _Sum()
        second, usd = ts // SECOND, nearest_micro(fact.usd)
        own.total += usd
        if own.seconds and own.seconds[-1][0] >= second:
            own.seconds[-1] = (own.seconds[-1][0], own.seconds[-1][1] + usd)
        else:
            own.seconds.append((second, usd))
        if self._within(own, second) >= BURST_USD and coin.burst is None:
            loud = sorted(name for name, one in coin.sums.items() if self._within(one, second) >= BURST_USD)
            if len(loud) >= BURST_VENUES:
                coin.burst, coin.loud = ts, loud

    @staticmethod
    def _within(one: _Sum, now: int) -> int:
        while one.seconds and one.seconds[0][0] <= now - BURST_NS // SECOND:
            one.total -= one.seconds[0][1]
            del one.seconds[0]
        return one.total

    def _judge(self, tick: Tick, out: list[Fact]) -> None:
        now = tick.ts
        for venue in sorted(self._venues):
            state = self._venues[venue]
            if state.up and state.told is None and state.last is not None and len(state.order) >= GAPS_ENOUGH:
                usual = state.order[ceil(GAP_QUANTILE * len(state.order)) - 1]
                if now - state.last > GAP_FACTOR * usual:
                    self._compare(tick, venue, state, out)
        for symbol, coin in self._coins.items():
            if coin.burst is not None and now - coin.burst >= MUTE_NS:
                self._after_burst(tick, symbol, coin, out)

    def _compare(self, tick: Tick, venue: Venue, state: _Venue, out: list[Fact]) -> None:
        heard = {name: one.total - state.base.get(name, 0) for name, one in self._venues.items() if name != venue}
        loud = [name for name, count in heard.items() if count >= PEER_EVENTS]
        if not loud:
            return
        hour = tick.ts // HOUR
        own = self._in_day(state, hour)
        peers = sum(self._in_day(self._venues[name], hour) - heard[name] for name in heard)
        if peers <= 0 or sum(heard.values()) * own / peers < EXPECTED:
            return
        state.told = tick.ts
        names, count = " and ".join(sorted(loud)), sum(heard[name] for name in loud)
        detail = f"no liquidation for {_span(tick.ts - (state.last or 0))} while {names} reported {count}"
        out.append(self._mute(tick, venue, MARKET, f"{detail}; treated as missing"))

    @staticmethod
    def _in_day(state: _Venue, hour: int) -> int:
        return sum(count for at, count in state.hours if at > hour - HOURS)

    def _after_burst(self, tick: Tick, symbol: str, coin: _Coin, out: list[Fact]) -> None:
        began, loud = coin.burst or 0, coin.loud
        coin.burst, coin.loud = None, []
        shares = {venue: self._known.oi_usd(symbol, venue, tick.ts) or 0.0 for venue in sorted(self._venues)}
        total = fsum(shares.values())
        for venue, usd in shares.items():
            state = self._venues[venue]
            silent = coin.last.get(venue, -1) < began - BURST_NS
            known = state.up and state.told is None and venue not in coin.told and venue not in PARTIAL
            if silent and known and venue not in loud and usd >= MIN_SHARE * total > 0.0:
                coin.told.append(venue)
                detail = f"no {symbol} liquidation for 5 min after {' and '.join(loud)} had 1 M USD each in 60 s"
                share = f"it holds {usd / total:.0%} of the open interest"
                out.append(self._mute(tick, venue, symbol, f"{detail}; {share}; treated as missing"))

    def _mute(self, tick: Tick, venue: Venue, symbol: str, detail: str) -> Fact:
        return self._known.tell(tick, "stale", "suspect", detail, symbol=symbol, channel=LIQUIDATION, venue=venue)

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes(_State(self._venues, self._coins))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._venues = state.venues
        self._coins = {symbol: state.coins.get(symbol, _Coin()) for symbol in sorted(self._known.symbols)}


def _span(ns: int) -> str:
    return f"{ns // MINUTE} min" if ns >= 2 * MINUTE else f"{ns // SECOND} s"
