"""Health of all feeds as a state that can be asked for: built from the facts that pass, no clock of its own."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

import msgspec

from clri.collect.channels import KINDS, SOCKETS, channel_of, topic_of
from clri.collect.crosscheck.clocks import Clocks
from clri.collect.day import Day
from clri.collect.effects import SERVICES, effect, weights
from clri.collect.feed_record import Record, Word
from clri.model.control import LIQUIDATION, LISTING, FeedStatus, Tick
from clri.model.facts import Fact, Liquidation, LongShortRatio, MarkFunding, OpenInterest
from clri.model.health import BAD, FeedHealth, HealthState
from clri.model.names import EXCHANGES, MARKET, Mode, Venue
from clri.model.timebase import MILLI, MINUTE, SECOND
from clri.observe.intake import is_second
from clri.observe.state import from_bytes, to_bytes

SILENT: Final = "CLRI-FEED-002"
QUIET_NS: Final = MINUTE
"""A sparse feed without an event for so long is called quiet."""
NAMED: Final = 3
"""Silent topics that are named in the details."""


_PARTS: Final = frozenset({MarkFunding, LongShortRatio})
"""Kinds whose parts, told apart by their `kind`, come at a pace of their own; they are of perpetuals alone."""


class _Counts(msgspec.Struct):
    quarantined: int = 0
    dropped: int = 0
    reconnects: int = 0
    lost: Day = msgspec.field(default_factory=Day)


class _State(msgspec.Struct, array_like=True):
    now: int
    records: dict[Venue, dict[str, Record]]
    counts: dict[Venue, _Counts]
    oi: dict[str, dict[str, float]]


class HealthBook:
    """One row per venue and channel, and per coin where a coin's part differs.

    Parameters
    ----------
    symbols
        Tracked base coins, the most important first.
    mode
        Written into each row.
    clocks
        Where the venues' skew is known (`CrossCheck.clocks`); None = it is not shown.

    Notes
    -----
    A feed is what the newest FeedStatus says. One that is said to be up, or was never spoken of, is judged by its data:
    `stale` (CLRI-FEED-002) if all its topics are silent by the rule of `Rhythm`, `late` if some are or if the newest
    data are late. Liquidations are never silent by themselves: without an event for a minute they are `quiet`, with
    the longest usual gap beside it. Facts of back-fill are no sign of life.

    O(1) per fact; the memory is bounded by venues, channels and tracked coins.

    Examples
    --------
    >>> from clri.testing.builders import T0, feed_status, liquidation
    >>> book = HealthBook(["BTC"])
    >>> book.take(feed_status(ts=T0, venue="okx"))
    >>> [(row.venue, row.channel, row.state, row.effect) for row in book.rows(T0 + 1)]
    [('okx', 'liquidation', 'up', None)]
    >>> book.take(feed_status(ts=T0 + 2, venue="okx", state="stale", code="CLRI-FEED-002", detail="silent: no data"))
    >>> [(row.state, row.code, row.effect) for row in book.rows(T0 + 3)]  # doctest: +NORMALIZE_WHITESPACE
    [('stale', 'CLRI-FEED-002', 'BTC liquidation input loses 100 % of its open interest;
    coverage 0 %, below 30 %: the input is missing')]
    """

    def __init__(self, symbols: Iterable[str], mode: Mode = "live", clocks: Clocks | None = None) -> None:
        self._symbols = tuple(dict.fromkeys(symbols))
        self._tracked = frozenset({*self._symbols, MARKET})
        self._mode: Mode = mode
        self._clocks = clocks
        self._now = 0
        self._records: dict[Venue, dict[str, Record]] = {}
        self._routes: dict[tuple[Venue, type[Fact], str, str], tuple[Record, str]] = {}
        self._counts: dict[Venue, _Counts] = {}
        self._oi: dict[str, dict[str, float]] = {}

    def take(self, fact: Fact) -> None:
        """Take note of a fact, status or Tick, in order of receipt."""
        ts = fact.ts
        self._now = max(self._now, ts)
        kind = type(fact)
        if kind is Tick or fact.backfill:
            return
        if isinstance(fact, FeedStatus):
            self._record(fact.venue, fact.channel).told(fact)
            return
        part = fact.kind if kind in _PARTS else fact.market  # type: ignore[attr-defined]
        key = (fact.venue, kind, fact.src, part)
        route = self._routes.get(key)
        if route is None:
            route = self._routes[key] = (self._record(fact.venue, channel_of(fact)), topic_of(fact))
        record, word = route
        symbol = fact.symbol
        record.saw(word, symbol if symbol in self._tracked else None, ts)
        if kind is OpenInterest:
            self._size(fact)  # type: ignore[arg-type]
        elif kind is Liquidation:
            record.completeness = fact.completeness  # type: ignore[attr-defined]

    def counts(self, venue: Venue, quarantined: int, dropped: int, reconnects: int) -> None:
        """Take a venue's counters, as they stand since the start of the process; smaller ones mean a new start."""
        held = self._counts.setdefault(venue, _Counts())
        more = reconnects - held.reconnects if reconnects >= held.reconnects else reconnects
        if more:
            held.lost.add(self._now, more)
        held.quarantined, held.dropped, held.reconnects = quarantined, dropped, reconnects

    def rows(self, now: int) -> list[FeedHealth]:
        """The picture at `now` (ns): exchanges first, liquidations first, a channel before its coins."""
        shares = {coin: weights(self._expected(coin), self._oi.get(coin, {})) for coin in self._symbols}
        rows: list[FeedHealth] = []
        for record in self._in_order():
            record.roll(now // MINUTE)
            rows.append(self._row(record, None, now, shares))
            state = rows[-1].state
            coins = {name for name in record.words if name != MARKET}
            coins |= {coin for _, coin, _ in record.silent(now)} - {MARKET}
            for coin in sorted(coins):
                row = self._row(record, coin, now, shares)
                if row.state not in {state, "up", "quiet"} and state not in BAD:
                    rows.append(row)
        return rows

    def _row(self, record: Record, coin: str | None, now: int, shares: dict[str, dict[str, float]]) -> FeedHealth:
        state, code, detail = self._judged(record, coin, now)
        last = record.last
        if coin is not None:
            last = max((coins[coin].last for coins in record.topics.values() if coin in coins), default=None)
        word = record.whole() if coin is None else record.word(coin)
        if last is None and word is not None:
            last = word.last_event_ts
        held = self._counts.get(record.venue, _Counts())
        skew = None if self._clocks is None else self._clocks.skew_ns(record.venue)
        spans = record.gaps.get(coin or MARKET)
        gaps, gap_s = spans.within(now) if spans is not None else (0, 0.0)
        per_min, expected = record.per_min() if coin is None else (None, None)
        return FeedHealth(
            ts=now,
            mode=self._mode,
            venue=record.venue,
            channel=record.channel,
            symbol=coin,
            state=state,
            code=code,
            detail=detail,
            last_event_ts=last,
            data_age_s=None if last is None else max(0, now - last) / SECOND,
            events_per_min=per_min,
            expected_per_min=expected,
            gaps_24h=gaps,
            gap_s_24h=gap_s,
            reconnects_24h=held.lost.within(now)[0],
            skew_ms=None if skew is None else skew / MILLI,
            quarantined=held.quarantined,
            dropped=held.dropped,
            completeness=record.completeness,
            calibrated=record.calibrated,
            effect=None if state in {"up", "quiet"} else self._effect(record, coin, now, shares),
        )

    def _judged(self, record: Record, coin: str | None, now: int) -> tuple[HealthState, str | None, str | None]:
        """State, code and detail: as told, else by the data."""
        word = record.whole() if coin is None else record.word(coin)
        if word is not None and word.state != "up":
            return word.state, word.code, word.detail
        if not record.judged:
            return self._quiet(record, word, now)
        silent = [(kind, name, age) for kind, name, age in record.silent(now) if coin in {None, name}]
        topics = [one for coins in record.topics.values() for name, one in coins.items() if coin in {None, name}]
        if silent:
            names = ", ".join(f"{kind} of {name} for {span(age)}" for kind, name, age in silent[:NAMED])
            more = f" and {len(silent) - NAMED} more" if len(silent) > NAMED else ""
            if len(silent) == len(topics):
                return "stale", SILENT, f"silent: no {names}{more}"
            return "late", None, f"partly silent: no {names}{more}"
        if topics:
            newest = max(topics, key=lambda one: one.last)
            if now - newest.last > newest.late_ns():
                return "late", None, f"no data for {span(now - newest.last)}"
        return "up", None, None

    @staticmethod
    def _quiet(record: Record, word: Word | None, now: int) -> tuple[HealthState, str | None, str | None]:
        since = record.last if record.last is not None else (word.at if word is not None else None)
        if record.channel != LIQUIDATION or since is None or now - since <= QUIET_NS:
            return "up", None, None
        gaps = [gap for coins in record.topics.values() for one in coins.values() for gap in one.gaps]
        usual = f", usual gap up to {span(max(gaps))}" if gaps else ""
        return "quiet", None, f"quiet for {span(now - since)}{usual}"

    def _effect(self, record: Record, coin: str | None, now: int, shares: dict[str, dict[str, float]]) -> str | None:
        if record.venue not in EXCHANGES:
            return SERVICES.get(record.venue)
        kinds = dict.fromkeys([*self._meant(record), *record.topics])
        coins = self._symbols if coin is None else (coin,)
        return effect(record.venue, kinds, coins, shares, partial(self._delivers, now))

    @staticmethod
    def _meant(record: Record) -> list[str]:
        """Kinds of data that a channel is there for, whether they came or not."""
        if record.channel == LIQUIDATION:
            return [KINDS[Liquidation]]
        return [KINDS[kind] for kind, name in SOCKETS.get(record.venue, {}).items() if name == record.channel]

    def _delivers(self, now: int, venue: str, kind: str, coin: str) -> bool:
        """Whether any channel of the venue delivers."""
        records = self._records.get(venue, {})  # type: ignore[call-overload]
        if kind == KINDS[Liquidation]:
            record = records.get(LIQUIDATION)
            return record is not None and record.delivers(kind, coin, now)
        return any(record.delivers(kind, coin, now) for record in records.values() if not record.sparse)

    def _size(self, fact: OpenInterest) -> None:
        usd = fact.oi_usd
        if usd is None and fact.price_used is not None:
            usd = fact.oi_base * fact.price_used
        if usd is not None and fact.symbol in self._tracked and fact.period_s is None and not is_second(fact):
            self._oi.setdefault(fact.symbol, {})[fact.venue] = usd

    def _record(self, venue: Venue, name: str) -> Record:
        records = self._records.setdefault(venue, {})
        found = records.get(name)
        if found is None:
            found = records[name] = Record(venue, name)
        return found

    def _expected(self, coin: str) -> list[Venue]:
        """Exchanges that were heard of, but for those that do not list the coin."""
        return [venue for venue in EXCHANGES if venue in self._records and self._lists(venue, coin)]

    def _lists(self, venue: Venue, coin: str) -> bool:
        record = self._records[venue].get(LISTING)
        word = None if record is None else record.word(coin)
        return word is None or word.state != "unsupported"

    def _in_order(self) -> Iterator[Record]:
        for venue in sorted(self._records, key=lambda name: (EXCHANGES.index(name) if name in EXCHANGES else 9, name)):
            yield from sorted(self._records[venue].values(), key=lambda one: (one.channel != LIQUIDATION, one.channel))

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        return to_bytes(_State(self._now, self._records, self._counts, self._oi))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes; the counters of the new process begin at 0.

        Raises
        ------
        clri.model.errors.SnapshotError
            If the bytes hold no such state.
        """
        state = from_bytes(data, _State)
        self._now, self._records, self._counts, self._oi = state.now, state.records, state.counts, state.oi
        self._routes = {}


def span(ns: int) -> str:
    """Length of time in words.

    Examples
    --------
    >>> span(4_200_000_000), span(14 * MINUTE), span(200 * MINUTE)
    ('4 s', '14 min', '3 h')
    """
    if ns < 2 * MINUTE:
        return f"{ns // SECOND} s"
    return f"{ns // MINUTE} min" if ns < 120 * MINUTE else f"{ns // (60 * MINUTE)} h"
