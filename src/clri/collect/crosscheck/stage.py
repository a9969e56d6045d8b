"""The checks in a row, as one stage between the collectors and the pipeline."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from clri.collect.crosscheck import CHECKS, Check
from clri.collect.crosscheck.clocks import Clocks
from clri.collect.crosscheck.known import Known
from clri.engine.snapshot import pack, unpack
from clri.model.control import FeedStatus
from clri.model.errors import SnapshotError
from clri.model.facts import Fact, MarkFunding
from clri.model.instrument import Instrument


class CrossCheck:
    """Takes every fact and Tick in order of receipt, and gives what may go on: mostly the same fact.

    Parameters
    ----------
    symbols
        Base coins that are tracked; facts of others pass, but for what tells of a venue's clock and of its silence.

    Attributes
    ----------
    taken, given
        Facts so far, given without those that were added.
    clocks
        Skew of each venue's clock.

    Notes
    -----
    `taken == given + held + sum(dropped)` at any time. A fact that is given late keeps its receipt, so it may be older
    than the one before. The same facts give the same facts, in one run or across `snapshot` and `restore`.

    Examples
    --------
    >>> from clri.testing.builders import T0, mark_funding
    >>> check = CrossCheck(["BTC"])
    >>> good = [mark_funding(venue=venue, ts=T0) for venue in ("binance", "bybit", "okx")]
    >>> [len(check.feed(fact)) for fact in good]
    [1, 1, 1]
    >>> second = 1_000_000_000
    >>> wrong = [mark_funding(venue="okx", ts=T0 + n * second, mark=600_000.0) for n in range(1, 4)]
    >>> [status.detail for fact in wrong for status in check.feed(fact)]
    ['unit: BTC mark 600000 where 2 other venues have 60000; its price does not count']
    >>> check.held, check.dropped["okx:mark_unit"]
    (0, 2)
    """

    def __init__(self, symbols: Iterable[str]) -> None:
        self._known = Known(symbols)
        self._checks: tuple[Check, ...] = tuple(make(self._known) for make in CHECKS)
        (self.clocks,) = (check for check in self._checks if isinstance(check, Clocks))
        kinds = frozenset(kind for check in self._checks for kind in check.listens)
        self._of = {kind: tuple(check.take for check in self._checks if kind in check.listens) for kind in kinds}
        self.taken = 0
        self.given = 0

    @property
    def held(self) -> int:
        """Facts held back now."""
        return sum(check.held for check in self._checks)

    @property
    def dropped(self) -> Mapping[str, int]:
        """Facts taken out so far, by `venue:reason`."""
        return self._known.dropped

    @property
    def changed(self) -> Mapping[str, int]:
        """Facts that went on changed, or believed after doubt, so far, by `venue:reason`."""
        return self._known.changed

    @property
    def told(self) -> Mapping[str, int]:
        """Statuses added so far, by `venue:label`."""
        return self._known.told

    def quarantined(self) -> Counter[str]:
        """Facts taken out so far by venue."""
        found: Counter[str] = Counter()
        for name, count in self._known.dropped.items():
            found[name.partition(":")[0]] += count
        return found

    def feed(self, fact: Fact) -> list[Fact]:
        """What goes on after this fact, in order."""
        self.taken += 1
        kind = type(fact)
        if self._known.off and (fact.venue, fact.raw) in self._known.off and kind not in _ALWAYS:
            self._known.drop(fact, "unit")
            return []
        checks = self._of.get(kind)
        if checks is None:
            self.given += 1
            return [fact]
        out: list[Fact] = []
        added = self._known.added
        for take in checks:
            passed = take(fact, out)
            if passed is None:
                break
            fact = passed
        else:
            out.append(fact)
        self.given += len(out) - (self._known.added - added)
        return out

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        parts = {check.name: check.snapshot() for check in self._checks}
        parts["known"] = self._known.snapshot()
        parts["counts"] = msgspec.msgpack.encode((self.taken, self.given))
        return pack(self._fingerprint(), parts)

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If the bytes are damaged, or of other symbols or another version.
        """
        parts = unpack(self._fingerprint(), data)
        try:
            self._known.restore(parts["known"])
            for check in self._checks:
                check.restore(parts[check.name])
            self.taken, self.given = msgspec.msgpack.decode(parts["counts"], type=tuple[int, int])
        except (KeyError, ValueError) as error:
            raise SnapshotError(f"saved state of the cross-checks is unreadable: {error}") from error

    def _fingerprint(self) -> str:
        return f"crosscheck/1 {' '.join(sorted(self._known.symbols))}"


_ALWAYS: frozenset[type[Fact]] = frozenset({MarkFunding, Instrument, FeedStatus})
"""Kinds that a contract in another unit still brings: they tell when it is well again."""
