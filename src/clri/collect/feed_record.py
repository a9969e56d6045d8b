"""What is known of one channel of one venue: what it delivered, how often, and what was said of it."""

from typing import Final

import msgspec

from clri.collect.channels import SILENCE_S, USUAL_S
from clri.collect.day import Spans
from clri.collect.rhythm import Rhythm
from clri.maths.ewma import Ewma
from clri.model.control import LIQUIDATION, LISTING, FeedStatus
from clri.model.health import BAD
from clri.model.names import EXCHANGES, MARKET, Completeness, FeedState, Venue
from clri.model.timebase import HOUR, MINUTE, SECOND

RATE_TAU_S: Final = 6 * HOUR // SECOND
"""Time constant of the expected rate."""
MINUTES: Final = 5
"""Whole minutes over which the present rate is taken."""
MAX_COINS: Final = 1024
"""Coins with a word of their own that are kept; further ones share the last place."""


class Word(msgspec.Struct):
    """Newest word on a feed, or on one coin of it; `at` = receipt, ns."""

    at: int
    state: FeedState
    code: str | None = None
    detail: str | None = None
    last_event_ts: int | None = None


class Record(msgspec.Struct):
    """One channel of one venue.

    Attributes
    ----------
    topics
        Rhythm of each kind of data, by kind in words and coin.
    words
        What FeedStatus said, by coin; MARKET = all.
    gaps
        Spans without the channel, by coin; MARKET = any part of it.
    """

    venue: Venue
    channel: str
    last: int | None = None
    topics: dict[str, dict[str, Rhythm]] = {}
    words: dict[str, Word] = {}
    gaps: dict[str, Spans] = msgspec.field(default_factory=lambda: {MARKET: Spans()})
    completeness: Completeness | None = None
    calibrated: bool = False
    minute: int | None = None
    running: int = 0
    past: list[int] = []
    rate: tuple[float | None, int | None] = (None, None)

    @property
    def judged(self) -> bool:
        """Whether silence of it is a failure: not of services, which tell what happens to happen."""
        return not self.sparse and self.venue in EXCHANGES

    @property
    def sparse(self) -> bool:
        """Whether it speaks only when something happens: liquidations, and the list of contracts."""
        return self.channel in {LIQUIDATION, LISTING}

    def saw(self, kind: str, symbol: str | None, ts: int) -> None:
        """A fact of this kind came; symbol None = of a coin that is not tracked."""
        minute = ts // MINUTE
        if minute != self.minute:
            self.roll(minute)
        self.running += 1
        if self.last is None or ts > self.last:
            self.last = ts
        if symbol is not None:
            coins = self.topics.get(kind)
            if coins is None:
                coins = self.topics[kind] = {}
            rhythm = coins.get(symbol)
            if rhythm is None:
                rhythm = coins[symbol] = Rhythm()
            rhythm.saw(ts)

    def roll(self, minute: int) -> None:
        """Close the minutes before this one (minutes since 1970)."""
        if self.minute is None:
            self.minute = minute
            return
        empty = minute - self.minute - 1
        if empty < 0:
            return
        rate = Ewma(float(RATE_TAU_S), *self.rate)
        rate.update((self.minute + 1) * MINUTE, float(self.running))
        if empty:
            rate.update(minute * MINUTE, 0.0)
        self.rate = rate.state()
        self.past = [*self.past, self.running, *([0] * min(empty, MINUTES))][-MINUTES:]
        self.minute, self.running = minute, 0

    def per_min(self) -> tuple[float | None, float | None]:
        """Events a minute now and as expected; None before the first, and the fifth, whole minute."""
        now = sum(self.past) / len(self.past) if self.past else None
        return now, self.rate[0] if len(self.past) >= MINUTES else None

    def told(self, fact: FeedStatus) -> None:
        """Take the word of a feed; of two with one receipt the later taken stays."""
        symbol = fact.symbol if fact.symbol in self.words or len(self.words) < MAX_COINS else MARKET
        former = self.words.get(symbol)
        if former is not None and fact.ts < former.at:
            return
        self.calibrated = fact.calibrated
        for spans in self._spans(symbol, fact):
            if fact.state == "gap" and fact.gap_from is not None and fact.gap_to is not None:
                spans.end(fact.gap_from, fact.gap_to)
            elif fact.state in BAD and fact.state not in {"disabled", "unsupported"}:
                spans.begin(fact.ts if fact.gap_from is None else fact.gap_from)
            elif fact.state == "up":
                spans.close(fact.ts)
        if symbol == MARKET and fact.state == "up":
            self.words = {name: word for name, word in self.words.items() if word.at >= fact.ts}
        self.words[symbol] = Word(fact.ts, fact.state, fact.code, fact.detail, fact.last_event_ts)

    def _spans(self, symbol: str, fact: FeedStatus) -> list[Spans]:
        """Gaps that a word belongs to; a coin's part of the channel too, where its topic was lost and not refused."""
        own = self.gaps.get(symbol)
        if own is None:
            own = self.gaps[symbol] = Spans()
        whole = self.gaps[MARKET]
        return [own] if own is whole or (fact.state in BAD and fact.gap_from is None) else [own, whole]

    def word(self, symbol: str) -> Word | None:
        """What counts for a coin: of the word on it and the word on all the newer, of two at one time the worse."""
        own, all_ = self.words.get(symbol), self.words.get(MARKET)
        if own is None or all_ is None:
            return own or all_
        if own.at == all_.at:
            return own if own.state in BAD else all_
        return own if own.at > all_.at else all_

    def whole(self) -> Word | None:
        """Word on the channel as a whole; while some coin is up, it is up."""
        words = [word for name in self.words if (word := self.word(name)) is not None]
        if not words:
            return None
        good = [word for word in words if word.state not in BAD]
        return max(good or words, key=lambda word: word.at)

    def silent(self, now: int) -> list[tuple[str, str, int]]:
        """Topics (kind, coin, age in ns) that are silent at `now` (ns); none of a channel that is not judged."""
        if not self.judged:
            return []
        stated = self._stated()
        return [
            (kind, coin, now - rhythm.last)
            for kind, coins in self.topics.items()
            for coin, rhythm in coins.items()
            if now - rhythm.last > rhythm.limit_ns(stated)
        ]

    def delivers(self, kind: str, coin: str, now: int) -> bool:
        """Whether data of this kind and coin count now."""
        word = self.word(coin)
        if word is not None and word.state in BAD:
            return False
        if self.sparse:
            return word is not None or self.last is not None
        rhythm = self.topics.get(kind, {}).get(coin)
        return rhythm is not None and now - rhythm.last <= rhythm.limit_ns(self._stated())

    def _stated(self) -> int | None:
        if self.channel in {"rest", "spot"}:
            return None
        return int(SILENCE_S.get((self.venue, self.channel), USUAL_S) * SECOND)
