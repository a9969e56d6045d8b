"""State of a venue's feeds as facts: up on data, down or stale with the reason, each gap with its ends (VENUES 5)."""

from collections.abc import Callable, Iterable
from typing import Final

from clri.collect.transport.watchdog import Key
from clri.model.control import LIQUIDATION, FeedStatus, feed_status
from clri.model.names import MARKET, FeedState, Venue

CODES: Final = {
    "silent": "CLRI-FEED-002",
    "nack": "CLRI-FEED-003",
    "flapping": "CLRI-FEED-004",
    "too_large": "CLRI-FEED-005",
    "stopped": "CLRI-FEED-006",
    "content": "CLRI-FEED-007",
    "lost": "CLRI-NET-002",
    "circuit": "CLRI-NET-003",
    "blocked": "CLRI-NET-403",
    "banned": "CLRI-NET-418",
    "rate_limited": "CLRI-NET-429",
    "geo_blocked": "CLRI-NET-451",
}
"""Code of each label; a label opens the `detail`."""

Member = tuple[int, Key]


class _Feed:
    __slots__ = ("alive", "channel", "gap_from", "members", "name", "said", "sparse", "up")

    def __init__(self, channel: str, name: str | None, *, sparse: bool) -> None:
        self.channel, self.name, self.sparse = channel, name, sparse
        self.members: set[Member] = set()
        self.alive: set[Member] = set()
        self.up = False
        self.gap_from: int | None = None
        self.said = ""


class Feeds:
    """What the sockets of one venue deliver, told apart by channel and symbol.

    Parameters
    ----------
    emit
        Takes each fact.

    Attributes
    ----------
    coins
        Coin of each raw symbol; the sockets add what the facts say.

    Notes
    -----
    All sparse topics of a venue are one feed, `liquidation`, which is up while every socket and topic that carries a
    part of it is alive. A busy topic is up while one socket delivers it: during a rotation, two do. The fact that
    tells a gap's ends is stamped one ns before the `up` that follows: of two states at one time the worse counts.
    """

    def __init__(self, venue: Venue, emit: Callable[[FeedStatus], None]) -> None:
        self._venue, self._emit = venue, emit
        self.coins: dict[str, str] = {}
        self._feeds: dict[Key, _Feed] = {}
        self._of: dict[Member, _Feed] = {}
        self._held: set[int] = set()

    def expect(self, slot: int, keys: Iterable[Key], sparse: Iterable[Key]) -> None:
        """Topics that a slot (one socket and its successors) carries."""
        quiet = set(sparse)
        for key in keys:
            name: Key = (LIQUIDATION, None) if key in quiet else key
            feed = self._feeds.setdefault(name, _Feed(*name, sparse=key in quiet))
            feed.members.add((slot, key))
            self._of[slot, key] = feed

    def alive(self, slot: int, key: Key, ts: int) -> None:
        """A topic delivers."""
        feed = self._of[slot, key]
        feed.alive.add((slot, key))
        self._settle(feed, ts, None, "down", "lost", "")

    def lost(self, slot: int, key: Key, ts: int, since: int, state: FeedState, label: str, detail: str) -> None:
        """A topic does not deliver since `since` (ns)."""
        feed = self._of[slot, key]
        feed.alive.discard((slot, key))
        self._settle(feed, ts, since, state, label, detail)

    def refused(self, key: Key, ts: int, detail: str) -> None:
        """The venue will not deliver a topic: said for its symbol alone, the rest of the feed goes on."""
        sparse = any(feed.sparse for member, feed in self._of.items() if member[1] == key)
        self._tell(LIQUIDATION if sparse else key[0], key[1], ts, "down", "nack", detail, None, None)

    def hold(self, slot: int, ts: int, *, held: bool) -> None:
        """Call a slot down although it delivers, because it is lost too often; or trust it again."""
        if held == (slot in self._held):
            return
        (self._held.add if held else self._held.discard)(slot)
        for feed in {id(feed): feed for member, feed in self._of.items() if member[0] == slot}.values():
            self._settle(feed, ts, ts, "down", "flapping", "lost 3 times in 10 min")

    def stop(self, ts: int) -> None:
        """Nothing is delivered from now on."""
        for feed in self._feeds.values():
            if feed.up:
                self._tell(feed.channel, feed.name, ts, "gap", "stopped", "collector stopped", ts, ts)
                feed.up = False

    def _settle(self, feed: _Feed, ts: int, since: int | None, state: FeedState, label: str, detail: str) -> None:
        ok = len(feed.alive) if not self._held else sum(member[0] not in self._held for member in feed.alive)
        up = ok == len(feed.members) if feed.sparse else ok > 0
        if up and not feed.up:
            if feed.gap_from is not None:
                start = min(feed.gap_from, ts)  # the wall clock may have been set back
                self._tell(feed.channel, feed.name, ts - 1, "gap", "", "", start, ts)
                feed.gap_from = None
            self._tell(feed.channel, feed.name, ts, "up", "", "", None, None)
        elif not up and since is not None and (feed.up or feed.said != f"{state} {label}"):
            feed.said = f"{state} {label}"
            feed.gap_from = since if feed.gap_from is None else feed.gap_from
            self._tell(feed.channel, feed.name, ts, state, label, detail, feed.gap_from, None)
        feed.up = up

    def _tell(
        self,
        channel: str,
        raw: str | None,
        ts: int,
        state: FeedState,
        label: str,
        detail: str,
        start: int | None,
        end: int | None,
    ) -> None:
        text = f"{label}: {detail}" if label and detail else label or None
        code = CODES.get(label)
        symbol = MARKET if raw is None else self.coins.get(raw, raw)
        about = (self._venue, channel, state, ts, symbol)
        self._emit(feed_status(*about, raw=raw, code=code, detail=text, gap_from=start, gap_to=end))
