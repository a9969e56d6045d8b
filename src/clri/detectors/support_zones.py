"""Tenths of the week's price range in which most was liquidated: support or resistance (SCORES 6)."""

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

import msgspec
import numpy as np

from clri.detectors.liquidation_window import LIMIT, usd_of
from clri.engine.snapshot import pack, unpack
from clri.maths.bins import bin_sums
from clri.maths.kernel import F8, I8
from clri.maths.money import from_micro
from clri.model.control import Tick
from clri.model.errors import QuarantineError, SnapshotError
from clri.model.facts import Fact, Liquidation, event_time
from clri.model.names import MARKET, Mode
from clri.model.price_levels import SupportZone, SupportZones
from clri.model.reading import Reading
from clri.model.timebase import DAY, MINUTE, SECOND

VERSION: Final = 1
STRONG_USD: Final = 1e6
STRONGEST: Final = 5.0
_LIMIT: Final = 1e15
_LONG, _COMPLETE = 1, 2
_SPARE: Final = 1024  # events that have left before the room is taken back


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the support zones (SCORES 11 `zones.*`).

    Parameters
    ----------
    days
        Look-back, d.
    bins
        Equal parts of the price range.
    top
        Zones that are named.
    min_events
        Events below which there is no zone.
    most
        Events that are held; above that the oldest leave early, and `SupportZones.since` tells from when on.

    Raises
    ------
    ValueError
        If a field is below 1, or `most` below `min_events`.
    """

    days: int = 7
    bins: int = 10
    top: int = 3
    min_events: int = 10
    most: int = 200_000

    def __post_init__(self) -> None:
        names = ("days", "bins", "top", "min_events", "most")
        wrong = [f"{name}={getattr(self, name)} (expected >= 1)" for name in names if getattr(self, name) < 1]
        if self.most < self.min_events:
            wrong.append(f"most={self.most} (expected >= min_events={self.min_events})")
        if wrong:
            raise ValueError("support zone parameters: " + ", ".join(wrong))


DEFAULTS: Final = Params()


def support_zones(price: F8, usd: I8, long: I8, mark: float | None, params: Params = DEFAULTS) -> list[SupportZone]:
    """Zones of a set of liquidations, the one with most USD first.

    Parameters
    ----------
    price
        f64[n], USD, finite.
    usd
        i64[n], micro-USD.
    long
        i64[n], 1 = LONG position, 0 = SHORT.
    mark
        Mark price, USD; None = missing: distance and kind are None.
    params
        Bins, how many zones, least events.

    Notes
    -----
    `bins` equal bins between the lowest and the highest price (SCORES 6); the `top` by USD, equal ones by price.
    price_level = sum(usd * price)/sum(usd) of the bin; zone_strength = min(USD/1e6, 5); distance_pct =
    (price_level/mark - 1)*100; kind SUPPORT below the mark, RESISTANCE at or above it. One price only -> one zone;
    fewer than `min_events` events -> none.

    Examples
    --------
    >>> prices = np.array([64800.0, 65050, 65120, 66900, 66980, 67010, 67300, 68200, 69800, 69950])
    >>> usd = np.array([2.1, 1.4, 0.9, 5.6, 1.2, 0.5, 0.4, 0.8, 2.6, 0.7]) * 1e12
    >>> for zone in support_zones(prices, usd.astype(np.int64), np.ones(10, np.int64), 66_000.0):
    ...     print(zone.risk_rank, round(zone.price_level, 2), zone.total_usd, zone.zone_strength, zone.kind)
    1 66940.39 7700000.0 5.0 RESISTANCE
    2 64945.0 4400000.0 4.4 SUPPORT
    3 69831.82 3300000.0 3.3 RESISTANCE
    """
    if price.shape[0] < params.min_events:
        return []
    low, high = float(price.min()), float(price.max())
    sums, moment = np.zeros((3, params.bins), np.int64), np.zeros(params.bins)
    spread = np.array([[math.inf] * params.bins, [-math.inf] * params.bins])
    bin_sums(price, usd, long, low, high, sums, moment, spread)
    count, total, longs = sums.tolist()
    ranked = sorted((b for b in range(params.bins) if total[b] > 0), key=lambda b: (-total[b], b))
    found = []
    for rank, b in enumerate(ranked[: params.top], start=1):
        level = low + float(moment[b]) / total[b]
        amount = from_micro(total[b])
        found.append(
            SupportZone(
                price_level=level,
                risk_rank=rank,
                zone_strength=min(amount / STRONG_USD, STRONGEST),
                total_usd=amount,
                long_usd=from_micro(longs[b]),
                short_usd=from_micro(total[b] - longs[b]),
                count=count[b],
                price_min=float(spread[0, b]),
                price_max=float(spread[1, b]),
                distance_pct=None if mark is None else (level / mark - 1.0) * 100.0,
                kind=_kind(level, mark),
            )
        )
    return found


class _State(msgspec.Struct, array_like=True):
    now: int
    mark: float | None
    changed: bool
    shown: list[SupportZone]
    t: bytes
    price: bytes
    usd: bytes
    flags: bytes


class SupportZoneDetector:
    """Support zones of one symbol from its event-ordered liquidations and Ticks; an `Operator`.

    Parameters
    ----------
    symbol
        Base coin; facts of other symbols are passed over, except Ticks of MARKET.
    mode
        Written into every output.
    params
        Numbers of SCORES 11.

    Notes
    -----
    Holds price, USD and side of every event of the last `days`, 25 bytes each, at most `most`. At each 60-s Tick of
    boundary t the zones of (t - days, t] are `support_zones` of them; the mark is the price of the newest reading.

    *Output*: `SupportZones` at each 60-s Tick at which an event entered or left, or a zone changed its kind because
    the mark passed it. *Warm-up*: no zone below `min_events` events. *Missing input*: a lost feed adds nothing;
    without a price distance and kind are None. Range: zone_strength 0..5, USD >= 0.

    O(1) per event, O(events held) once a minute while something changes (about 2 ns each).

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation, tick
    >>> detector = SupportZoneDetector("BTC", "replay-simulated")
    >>> for n in range(10):
    ...     _ = detector.on_fact(liquidation(ts=T0 + n, price=60_000.0, qty=2.0))
    >>> (found,) = detector.on_fact(tick(ts=T0 + 60_000_000_000, period_s=60))
    >>> [(zone.price_level, zone.total_usd, zone.kind) for zone in found.zones]
    [(60000.0, 1200000.0, None)]
    """

    listens: ClassVar[frozenset[type[Fact]]] = frozenset()

    def __init__(self, symbol: str, mode: Mode, params: Params = DEFAULTS) -> None:
        self.symbol = symbol
        self.mode = mode
        self.params = params
        self._now = 0
        self._mark: float | None = None
        self._changed = False
        self._shown: list[SupportZone] = []
        self._total = self._complete = 0  # of the events held, micro-USD
        self._first = 0  # events before this place have left
        self._t, self._price, self._usd, self._flags = array("q"), array("d"), array("q"), array("b")

    def on_fact(self, fact: Fact) -> Iterable[SupportZones]:
        """Take one fact; O(1).

        Raises
        ------
        QuarantineError
            `range`, if price or notional are no market's; the state is unchanged.
        """
        if isinstance(fact, Liquidation):
            if not fact.backfill and fact.symbol == self.symbol:
                self._add(fact)
        elif isinstance(fact, Tick) and fact.period_s * SECOND == MINUTE and fact.symbol in (self.symbol, MARKET):
            return self._on_minute(fact.boundary)
        return ()

    def on_late(self, fact: Liquidation) -> Iterable[SupportZones]:
        """Let a late event join; shown at the next 60-s Tick."""
        return self.on_fact(fact)

    def on_reading(self, reading: Reading) -> Iterable[SupportZones]:
        """Take the mark price."""
        self._mark = reading.price
        return ()

    def row(self) -> Mapping[str, Any]:
        """No field of the row."""
        return {}

    def zones(self) -> list[SupportZone]:
        """Zones of the events held, seen from the newest mark."""
        # Views, gone when this returns: a view pins a column.
        price, usd, flags = (np.frombuffer(part, part.typecode)[self._first :] for part in self._parts()[1:])
        return support_zones(price, usd, (flags & _LONG).astype(np.int64), self._mark, self.params)

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        held = [part[self._first :].tobytes() for part in self._parts()]
        state = _State(self._now, self._mark, self._changed, self._shown, *held)
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
            raise SnapshotError(f"saved support zones are unreadable: {error}") from error
        self._now, self._mark, self._changed, self._shown = state.now, state.mark, state.changed, state.shown
        self._first = 0
        self._t, self._price, self._usd, self._flags = array("q"), array("d"), array("q"), array("b")
        for part, saved in zip(self._parts(), (state.t, state.price, state.usd, state.flags), strict=True):
            part.frombytes(saved)
        self._total = sum(self._usd)
        self._complete = sum(usd for usd, flags in zip(self._usd, self._flags, strict=True) if flags & _COMPLETE)

    def _parts(self) -> tuple["array[Any]", ...]:
        """The columns of the events."""
        return self._t, self._price, self._usd, self._flags

    def _add(self, fact: Liquidation) -> None:
        usd, price = usd_of(fact), fact.price
        if not 1.0 / _LIMIT <= price <= _LIMIT:
            raise QuarantineError("range", f"{fact.venue} {fact.raw}: price was {price!r} USD")
        if self._total + usd > LIMIT:
            raise QuarantineError("range", f"{fact.venue} {fact.raw}: sum of liquidations above 9.2e12 USD")
        flags = (_LONG if fact.side == "LONG" else 0) | (_COMPLETE if fact.completeness == "all" else 0)
        t = event_time(fact)
        times = self._t
        if len(times) == self._first or t >= times[-1]:
            times.append(t)
            self._price.append(price)
            self._usd.append(usd)
            self._flags.append(flags)
        else:
            at = len(times)
            while at > self._first and times[at - 1] > t:
                at -= 1
            for part, value in zip(self._parts(), (t, price, usd, flags), strict=True):
                part.insert(at, value)
        self._total += usd
        if flags & _COMPLETE:
            self._complete += usd
        self._changed = True
        if len(times) - self._first > self.params.most:
            self._drop(1)

    def _drop(self, n: int) -> None:
        """Let the oldest leave; the room is taken back once it is as large as the rest."""
        for at in range(self._first, self._first + n):
            usd = self._usd[at]
            self._total -= usd
            if self._flags[at] & _COMPLETE:
                self._complete -= usd
        self._first += n
        if self._first >= _SPARE and 2 * self._first >= len(self._t):
            for part in self._parts():
                del part[: self._first]
            self._first = 0

    def _on_minute(self, boundary: int) -> Iterable[SupportZones]:
        self._now = max(self._now, boundary)
        end, gone = self._now - self.params.days * DAY, 0
        while self._first + gone < len(self._t) and self._t[self._first + gone] <= end:
            gone += 1
        if gone:
            self._drop(gone)
            self._changed = True
        if not self._changed and all(zone.kind == _kind(zone.price_level, self._mark) for zone in self._shown):
            return ()
        self._changed, self._shown = False, self.zones()
        found = SupportZones(
            symbol=self.symbol,
            ts=self._now,
            mode=self.mode,
            days=self.params.days,
            event_count=len(self._t) - self._first,
            since=self._t[self._first] if self._first < len(self._t) else None,
            mark=self._mark,
            zones=self._shown,
            completeness=self._complete / self._total if self._total else None,
        )
        return (found,)

    def _fingerprint(self) -> str:
        return f"support_zones/{VERSION} {self.symbol} {self.mode} {self.params!r}"


def _kind(level: float, mark: float | None) -> Literal["SUPPORT", "RESISTANCE"] | None:
    """Where a level lies, seen from the mark."""
    if mark is None:
        return None
    return "SUPPORT" if level < mark else "RESISTANCE"
