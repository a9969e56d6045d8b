"""Cascades as declared, held against labels: how many are found, how soon, and how often in vain (EVALUATION 8.4, G5).

Declared = a burst whose total has reached 10 bp of open interest while its highest risk score lies in the bands HIGH or
EXTREME (severity by size, SCORES 10). Its time is that of the publication, by receipt: waiting for late events counts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from clri.evaluate.label_c import Span
from clri.model.cascade import CascadeUpdate
from clri.model.timebase import SECOND

WITHIN_S: Final = 5.0
REACH_S: Final = 300
"""A label speaks of the 300 s before it: a burst that ended in them is the one it means."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a burst counts as declared.

    Parameters
    ----------
    oi_share
        Least total, fraction of open interest (10 bp).
    risk_from
        Least of the highest risk score, 0..2 (HIGH).
    """

    oi_share: float = 1e-3
    risk_from: float = 1.0


class Cascade(NamedTuple):
    """A burst as the detector told it: declared (receipt; None = never), started and last met (event time), all ns."""

    declared_at: int | None
    started_at: int
    last_met_at: int


class Declarations:
    """Bursts of one symbol from their updates, and when each was declared.

    Examples
    --------
    >>> from clri.testing.builders import cascade
    >>> found = Declarations()
    >>> for n, usd in enumerate((5e5, 2e6)):
    ...     found.take(cascade(started_at=1, last_met_at=2 + n, total_usd=usd, max_risk_score=1.2), n, 1e9)
    >>> found.all()
    [Cascade(declared_at=1, started_at=1, last_met_at=3)]
    """

    def __init__(self, rule: Rule | None = None) -> None:
        self.rule = rule or Rule()
        self._held: dict[str, Cascade] = {}

    def take(self, update: CascadeUpdate, seen_at: int, oi_usd: float | None) -> None:
        """Take an update as published at `seen_at` (ns); without open interest nothing is declared."""
        before = self._held.get(update.cascade_id)
        at = before.declared_at if before is not None else None
        risk = update.max_risk_score
        if at is None and oi_usd and risk is not None and risk >= self.rule.risk_from:
            at = seen_at if update.total_usd >= self.rule.oi_share * oi_usd else None
        self._held[update.cascade_id] = Cascade(at, update.started_at, update.last_met_at)

    def all(self) -> list[Cascade]:
        """Bursts by start."""
        return sorted(self._held.values(), key=lambda one: one.started_at)


class Condition(NamedTuple):
    """Label C of one symbol: starts (ns), stretches of its condition, and of enough liquidations whatever the price."""

    starts: Sequence[int]
    spans: Sequence[Span]
    heavy: Sequence[Span]


@dataclass
class Matched:
    """What came of labels and cascades; add up several with `join`.

    Attributes
    ----------
    delays
        Per label, s from label to declaration: negative = before it, None = never declared.
    bare
        Labels without any cascade that concerns them, declared or not.
    declared
        Declared cascades.
    false
        Those that concern no label.
    repeated
        Of `false`: the label's condition held, within the quiet hour after another start.
    unmoved
        Of `false`: liquidations were enough for the label, the price did not move by 1 % in 5 min. The others had
        too few liquidations in any 5 min.
    outside
        Declared cascades without a label between their start and last met moment, however near it lies.
    days
        Days and symbols that were watched, multiplied.
    """

    delays: list[float | None] = field(default_factory=list)
    bare: int = 0
    declared: int = 0
    false: int = 0
    repeated: int = 0
    unmoved: int = 0
    outside: int = 0
    days: float = 0.0

    def join(self, other: "Matched") -> None:
        """Add another symbol or stretch of time."""
        self.delays += other.delays
        for name in ("bare", "declared", "false", "repeated", "unmoved", "outside", "days"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def found(self) -> int:
        """Labels that were declared at any time."""
        return len([delay for delay in self.delays if delay is not None])

    def recall(self, within_s: float = WITHIN_S) -> float | None:
        """Share of labels declared at most `within_s` after them, 0..1; None without labels."""
        if not self.delays:
            return None
        return len([delay for delay in self.delays if delay is not None and delay <= within_s]) / len(self.delays)

    def delay(self, q: float) -> float | None:
        """Delay at share `q` (0..1) of *all* labels, s; None where that label was never declared."""
        if not self.delays:
            return None
        ordered = sorted(math.inf if delay is None else delay for delay in self.delays)
        found = ordered[min(len(ordered) - 1, int(q * len(ordered)))]
        return None if found == math.inf else found

    def per_week(self, count: int) -> float | None:
        """Number per week and symbol; None before any time was watched."""
        return count * 7.0 / self.days if self.days else None


def match(label: Condition, cascades: Sequence[Cascade], days: float, reach_s: int = REACH_S) -> Matched:
    """Hold the cascades of one symbol against its labels.

    Parameters
    ----------
    label
        What was to be found.
    cascades
        As told, declared or not.
    days
        Length of time, d.
    reach_s
        How long after a burst was last met a label may follow and still mean it, s.

    Notes
    -----
    A cascade concerns a label if it starts before the label's stretch of the condition ends, and the label comes at
    most `reach_s` after it was last met. A label's delay is that of the earliest declaration that concerns it. Another
    cascade never lowers recall, another label never raises the number of false starts.

    Examples
    --------
    >>> one = Cascade(declared_at=14 * SECOND, started_at=8 * SECOND, last_met_at=70 * SECOND)
    >>> far = Cascade(declared_at=910 * SECOND, started_at=900 * SECOND, last_met_at=905 * SECOND)
    >>> label = Condition([11 * SECOND], [Span(11 * SECOND, 20 * SECOND)], [])
    >>> found = match(label, [one, far], days=7.0)
    >>> found.delays, found.recall(), found.false, found.per_week(found.false)
    ([3.0], 1.0, 1, 1.0)
    """
    reach = reach_s * SECOND
    stretch = {span.first: span.last for span in label.spans}
    found = Matched(days=days)
    concerned: set[Cascade] = set()
    for at in label.starts:
        until = stretch.get(at, at)
        own = [one for one in cascades if one.started_at <= until and at <= one.last_met_at + reach]
        declared = [one.declared_at for one in own if one.declared_at is not None]
        concerned.update(own)
        found.bare += not own
        found.delays.append((min(declared) - at) / SECOND if declared else None)
    for one in cascades:
        if one.declared_at is None:
            continue
        found.declared += 1
        found.outside += not any(one.started_at <= at <= one.last_met_at for at in label.starts)
        if one not in concerned:
            found.false += 1
            if _held(label.spans, one, reach):
                found.repeated += 1
            elif _held(label.heavy, one, reach):
                found.unmoved += 1
    return found


def _held(spans: Sequence[Span], one: Cascade, reach: int) -> bool:
    """Whether a condition held from the start of a cascade to the end of its reach."""
    return any(span.first <= one.last_met_at + reach and span.last >= one.started_at for span in spans)
