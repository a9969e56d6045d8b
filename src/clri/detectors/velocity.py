"""How fast positions are being closed: events and USD per second, acceleration and jerk (SCORES 6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import msgspec

from clri.detectors.feed_health import FeedHealth
from clri.detectors.liquidation_window import usd_of
from clri.detectors.pace import SPANS, Held, Pace, second_of
from clri.engine.snapshot import pack, unpack
from clri.maths.money import from_micro
from clri.model.control import LIQUIDATION, FeedStatus, Tick
from clri.model.errors import SnapshotError
from clri.model.facts import Fact, Liquidation, event_time
from clri.model.names import MARKET, Mode, Venue
from clri.model.reading import Reading
from clri.model.timebase import SECOND
from clri.model.velocity import Rates, Velocity

VERSION: Final = 1
WINDOWS_S: Final = (0.1, 0.5, 2.0, 10.0, 60.0)
"""Windows that are shown, s; the first two for display only: feeds batch at 500 to 1000 ms."""

_SHORT: Final = (SECOND // 10, SECOND // 2)
_2, _10, _20, _30, _60 = range(len(SPANS))


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the velocity (SCORES 11 `velocity.*`).

    Parameters
    ----------
    gate_sigma
        How many Poisson standard deviations a difference of counts must reach to count, sigma, >= 0.

    Raises
    ------
    ValueError
        If it is negative.
    """

    gate_sigma: float = 2.0

    def __post_init__(self) -> None:
        if not self.gate_sigma >= 0.0:
            raise ValueError(f"velocity parameters: gate_sigma={self.gate_sigma} (expected >= 0)")


DEFAULTS: Final = Params()


def velocity(n_2: int, n_10: int, n_60: int) -> float:
    """Events per second from the counts of the last 2, 10 and 60 s: .4 n_2/2 + .4 n_10/10 + .2 n_60/60.

    Examples
    --------
    >>> round(velocity(2, 2, 2), 4), round(velocity(14, 48, 72), 4)
    (0.4867, 4.96)
    """
    return 0.4 * n_2 / 2 + 0.4 * n_10 / 10 + 0.2 * n_60 / 60


def acceleration(n1: int, n2: int, sigma: float = 2.0) -> float:
    """Events/s^2 from the counts of two adjacent 10-s windows, newest first; 0 within `sigma` of Poisson noise.

    Examples
    --------
    >>> acceleration(48, 12), acceleration(2, 0)
    (0.36, 0.0)
    """
    step = n1 - n2
    return step / 100 if step * step >= sigma * sigma * (n1 + n2) else 0.0


def jerk(n1: int, n2: int, n3: int, sigma: float = 2.0) -> float:
    """Events/s^3 from the counts of three adjacent 10-s windows, newest first; 0 within `sigma` of Poisson noise.

    Examples
    --------
    >>> jerk(48, 12, 6), jerk(2, 0, 0)
    (0.03, 0.0)
    """
    bend = n1 - 2 * n2 + n3
    return bend / 1000 if bend * bend >= sigma * sigma * (n1 + 4 * n2 + n3) else 0.0


class _Lane:
    """One venue: its pace, and the events of its newest second that lie close to the end of that."""

    __slots__ = ("pace", "second", "short_n", "short_usd")

    def __init__(self, pace: Pace, second: int, short_n: list[int], short_usd: list[int]) -> None:
        self.pace = pace
        self.second = second
        self.short_n = short_n
        self.short_usd = short_usd

    def add(self, t: int, usd: int, *, complete: bool) -> None:
        """Take an event of time t (ns)."""
        second = -(-t // SECOND)
        if second != self.second:
            self.second, self.short_n, self.short_usd = second, [0, 0], [0, 0]
        self.pace.add(second, usd, complete=complete)
        ahead = second * SECOND - t
        if ahead < _SHORT[1]:
            self.short_n[1] += 1
            self.short_usd[1] += usd
            if ahead < _SHORT[0]:
                self.short_n[0] += 1
                self.short_usd[0] += usd

    def close(self, second: int) -> None:
        """Close every second up to this one."""
        self.pace.close(second)
        if self.second != second:
            self.short_n, self.short_usd = [0, 0], [0, 0]


class _State(msgspec.Struct, array_like=True):
    now: int
    up_since: int
    feeds: list[tuple[Venue, str]]
    lanes: list[tuple[Venue, Held, int, list[int], list[int]]]
    shown: Velocity | None
    was_healthy: bool


class VelocityDetector:
    """Pace of the event-ordered liquidations of one symbol, over all venues and per venue; an `Operator`.

    Parameters
    ----------
    symbol
        Base coin; facts of other symbols are passed over, except FeedStatus and Tick of MARKET.
    mode
        Written into every output.
    params
        Numbers of SCORES 11.

    Notes
    -----
    Evaluated at each 1-s Tick of boundary t over (t - w, t] for w of `WINDOWS_S`; never between Ticks. With n_w the
    events of a window (all venues) and n1, n2, n3 those of three adjacent 10-s windows, newest first:
    `velocity`, `acceleration` and `jerk` of this module (SCORES 6).

    *Output*: a `Velocity` at each Tick whose numbers differ from those last shown, hence also once when they fall
    to 0 and once when the last feed is lost.

    *Warm-up*: velocity none (in the first 60 s of a feed it is too low, never too high); acceleration and jerk are
    None until a feed has been up for 20 and 30 s, or the first events would look like a start.
    *Missing input*: without a healthy feed all three are None, never 0. Range: >= 0; acceleration and jerk any.

    O(1) per event; 60 slots per venue.

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation, tick
    >>> detector = VelocityDetector("BTC", "replay-simulated")
    >>> for n in range(4):
    ...     _ = detector.on_fact(liquidation(ts=T0 + n, ts_venue=T0 + n + 1, price=60_000.0, qty=1.0))
    >>> (found,) = detector.on_fact(tick(ts=T0 + 1_000_000_000, period_s=1))
    >>> round(found.velocity, 4), found.rates.n, found.rates.usd_per_s[2], found.acceleration
    (0.9733, [0, 0, 4, 4, 4], 120000.0, None)
    """

    listens: ClassVar[frozenset[type[Fact]]] = frozenset({FeedStatus})

    def __init__(self, symbol: str, mode: Mode, params: Params = DEFAULTS) -> None:
        self.symbol = symbol
        self.mode = mode
        self.params = params
        self._symbols = (symbol, MARKET)
        self._feeds = FeedHealth(LIQUIDATION)
        self._lanes: dict[Venue, _Lane] = {}
        self._now = 0
        self._up_since = -1  # first Tick since which a feed has been up throughout
        self._shown: Velocity | None = None
        self._was_healthy = True  # at the last Tick: a quiet start is no news

    def on_fact(self, fact: Fact) -> Iterable[Velocity]:
        """Take one fact; O(1).

        Raises
        ------
        QuarantineError
            `range`, if the notional passes 9.2e12 USD; the state is unchanged.
        """
        if fact.backfill or fact.symbol not in self._symbols:
            return ()
        if isinstance(fact, Liquidation):
            self._on_liquidation(fact)
        elif isinstance(fact, Tick):
            if fact.period_s == 1:
                return self._on_second(fact.boundary)
        elif isinstance(fact, FeedStatus):
            self._feeds.on_status(fact)
            if not self._feeds.healthy:
                self._up_since = -1
        return ()

    def on_late(self, fact: Liquidation) -> Iterable[Velocity]:
        """A late event moves no window; it only shows that its venue delivers."""
        if not fact.backfill and fact.symbol == self.symbol:
            self._feeds.on_event(fact.venue)
        return ()

    def on_reading(self, reading: Reading) -> Iterable[Velocity]:  # noqa: ARG002 - events say it all
        """Take the reading of the minute that ended: not used."""
        return ()

    def row(self) -> Mapping[str, Any]:
        """No field of the row: what a minute needs of this is in the cascade signal."""
        return {}

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        lanes = [(v, at.pace.held(), at.second, at.short_n, at.short_usd) for v, at in sorted(self._lanes.items())]
        state = _State(self._now, self._up_since, self._feeds.state(), lanes, self._shown, self._was_healthy)
        return pack(self._fingerprint(), {"state": msgspec.msgpack.encode(state)})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If the bytes are damaged or of another version, symbol, mode or parameters.
        """
        try:
            state = msgspec.msgpack.decode(unpack(self._fingerprint(), data)["state"], type=_State)
        except (KeyError, msgspec.DecodeError) as error:
            raise SnapshotError(f"saved state of the velocity is unreadable: {error}") from error
        self._now, self._up_since, self._shown = state.now, state.up_since, state.shown
        self._was_healthy = state.was_healthy
        self._feeds.set_state(state.feeds)
        self._lanes = {venue: _Lane(Pace.of(held), second, n, usd) for venue, held, second, n, usd in state.lanes}

    def _on_liquidation(self, fact: Liquidation) -> None:
        usd = usd_of(fact)
        venue = fact.venue
        t = event_time(fact)
        self._feeds.on_event(venue)
        if t <= self._now:  # not from a reorder buffer: its second is closed
            return
        lane = self._lanes.get(venue)
        if lane is None:
            lane = self._lanes[venue] = _Lane(Pace(), 0, [0, 0], [0, 0])
        lane.add(t, usd, complete=fact.completeness == "all")

    def _on_second(self, boundary: int) -> Iterable[Velocity]:
        self._now = max(self._now, boundary)
        healthy = self._feeds.healthy
        if not healthy:
            self._up_since = -1
        elif self._up_since < 0:
            self._up_since = self._now
        second, busy = second_of(self._now), 0
        for lane in self._lanes.values():
            lane.close(second)
            busy += lane.pace.n[_60]
        shown = self._shown
        if not busy and (shown is None or not shown.venues) and healthy == self._was_healthy:
            return ()  # quiet, as it was
        self._was_healthy = healthy
        found = self._evaluate()
        if shown is not None and found == msgspec.structs.replace(shown, ts=found.ts):
            return ()
        self._shown = found
        return (found,)

    def _evaluate(self) -> Velocity:
        """Numbers at the Tick that has just closed its second."""
        healthy = self._feeds.healthy
        active = {venue: lane for venue, lane in sorted(self._lanes.items()) if lane.pace.n[_60]}
        lanes = list(active.values())
        n = [sum(lane.pace.n[span] for lane in lanes) for span in range(len(SPANS))]
        usd = [sum(lane.pace.usd[span] for lane in lanes) for span in range(len(SPANS))]
        short_n = [sum(lane.short_n[at] for lane in lanes) for at in range(len(_SHORT))]
        short_usd = [sum(lane.short_usd[at] for lane in lanes) for at in range(len(_SHORT))]
        n1, n2, n3 = n[_10], n[_20] - n[_10], n[_30] - n[_20]
        up_ns = self._now - self._up_since if healthy else 0
        sigma = self.params.gate_sigma
        complete = sum(lane.pace.complete for lane in lanes)
        return Velocity(
            symbol=self.symbol,
            ts=self._now,
            mode=self.mode,
            velocity=velocity(n[_2], n[_10], n[_60]) if healthy else None,
            acceleration=acceleration(n1, n2, sigma) if up_ns >= SPANS[_20] * SECOND else None,
            jerk=jerk(n1, n2, n3, sigma) if up_ns >= SPANS[_30] * SECOND else None,
            windows_s=list(WINDOWS_S),
            rates=_rates(short_n, short_usd, n, usd),
            venues={
                venue: _rates(lane.short_n, lane.short_usd, lane.pace.n, lane.pace.usd)
                for venue, lane in active.items()
            },
            completeness=complete / usd[_60] if usd[_60] else None,
        )

    def _fingerprint(self) -> str:
        return f"velocity/{VERSION} {self.symbol} {self.mode} {self.params!r}"


def _rates(short_n: list[int], short_usd: list[int], n: list[int], usd: list[int]) -> Rates:
    """Rates of every window, from its counts and micro-USD."""
    counts = [*short_n, n[_2], n[_10], n[_60]]
    sums = [*short_usd, usd[_2], usd[_10], usd[_60]]
    return Rates(
        counts,
        [count / window for count, window in zip(counts, WINDOWS_S, strict=True)],
        [from_micro(amount) / window for amount, window in zip(sums, WINDOWS_S, strict=True)],
    )
