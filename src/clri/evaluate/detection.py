"""Cascades as declared, held against labels: how many are found, how soon, and how often in vain (EVALUATION 8.4, G5).

Declared = a burst whose total has reached 10 bp of open interest while its highest risk score lies in the bands HIGH or
EXTREME (severity by size, SCORES 10). Its time is that of the publication, by receipt: waiting for late events counts.
"""

from collections.abc import Iterable, Sequence
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


class Declaration(NamedTuple):
    """A declared burst: when it was declared (receipt), started and last met (event time), all ns."""

    at: int
    started_at: int
    last_met_at: int


class Declarations:
    """Bursts of one symbol that are declared, from their updates.

    Examples
    --------
    >>> from clri.testing.builders import cascade
    >>> found = Declarations()
    >>> for n, usd in enumerate((5e5, 2e6)):
    ...     found.take(cascade(started_at=1, last_met_at=2 + n, total_usd=usd, max_risk_score=1.2), n, 1e9)
    >>> found.all()
    [Declaration(at=1, started_at=1, last_met_at=3)]
    """

    def __init__(self, rule: Rule | None = None) -> None:
        self.rule = rule or Rule()
        self._declared: dict[str, int] = {}
        self._spans: dict[str, tuple[int, int]] = {}

    def take(self, update: CascadeUpdate, seen_at: int, oi_usd: float | None) -> None:
        """Take an update as published at `seen_at` (ns); without open interest nothing is declared."""
        key = update.cascade_id
        self._spans[key] = update.started_at, update.last_met_at
        if key in self._declared or not oi_usd or update.max_risk_score is None:
            return
        if update.max_risk_score >= self.rule.risk_from and update.total_usd >= self.rule.oi_share * oi_usd:
            self._declared[key] = seen_at

    def all(self) -> list[Declaration]:
        """Declared bursts by start."""
        return sorted((Declaration(at, *self._spans[key]) for key, at in self._declared.items()), key=lambda d: d[1:])


@dataclass
class Matched:
    """What came of labels and declarations; add up several with `join`.

    Attributes
    ----------
    delays
        Per label, s from label to declaration: negative = before it, None = never declared.
    declared
        Declarations.
    false
        Declarations without a label in their reach.
    repeated
        Those of `false` in whose reach the label's condition held, within the quiet hour after another start.
    outside
        Declarations without a label between their start and last met moment, however near it lies.
    days
        Days and symbols that were watched, multiplied.
    """

    delays: list[float | None] = field(default_factory=list)
    declared: int = 0
    false: int = 0
    repeated: int = 0
    outside: int = 0
    days: float = 0.0

    def join(self, other: "Matched") -> None:
        """Add another symbol or stretch of time."""
        self.delays += other.delays
        self.declared += other.declared
        self.false += other.false
        self.repeated += other.repeated
        self.outside += other.outside
        self.days += other.days

    @property
    def found(self) -> int:
        """Labels that were declared at all."""
        return sum(delay is not None for delay in self.delays)

    def recall(self, within_s: float = WITHIN_S) -> float | None:
        """Share of labels declared at most `within_s` after them, 0..1; None without labels."""
        if not self.delays:
            return None
        return sum(delay is not None and delay <= within_s for delay in self.delays) / len(self.delays)

    def delay(self, q: float) -> float | None:
        """Delay at share `q` (0..1) of *all* labels, s; None where that label was never declared."""
        if not self.delays:
            return None
        ordered = sorted(float("inf") if delay is None else delay for delay in self.delays)
        found = ordered[min(len(ordered) - 1, int(q * len(ordered)))]
        return None if found == float("inf") else found

    def per_week(self, count: int) -> float | None:
        """Per week and symbol."""
        return count * 7.0 / self.days if self.days else None


def match(
    labels: Sequence[int],
    spans: Iterable[Span],
    declarations: Sequence[Declaration],
    days: float,
    reach_s: int = REACH_S,
) -> Matched:
    """Hold the declarations of one symbol against its labels.

    Parameters
    ----------
    labels
        Starts, ns.
    spans
        Stretches in which the label's condition held.
    declarations
        As declared.
    days
        Length of time, d.
    reach_s
        How long after a burst was last met a label may follow and still mean it, s.

    Notes
    -----
    A declaration concerns a label if started_at <= label <= last_met_at + reach, or if it starts within the label's own
    stretch of the condition (the label came first). A label's delay is that of the earliest declaration that concerns
    it. Adding a declaration never lowers recall; adding a label never raises the number of false starts.

    Examples
    --------
    >>> one = Declaration(at=14 * SECOND, started_at=8 * SECOND, last_met_at=70 * SECOND)
    >>> far = Declaration(at=910 * SECOND, started_at=900 * SECOND, last_met_at=905 * SECOND)
    >>> found = match([11 * SECOND], [Span(11 * SECOND, 20 * SECOND)], [one, far], days=7.0)
    >>> found.delays, found.recall(), found.false, found.per_week(found.false)
    ([3.0], 1.0, 1, 1.0)
    """
    reach = reach_s * SECOND
    held = list(spans)
    stretch = {span.first: span.last for span in held}
    delays: list[float | None] = []
    told: set[Declaration] = set()
    for label in labels:
        until = stretch.get(label, label)
        own = [d for d in declarations if d.started_at <= until and label <= d.last_met_at + reach]
        told.update(own)
        delays.append(min((d.at - label) / SECOND for d in own) if own else None)
    false = [d for d in declarations if d not in told]
    repeated = [d for d in false if any(s.first <= d.last_met_at + reach and s.last >= d.started_at for s in held)]
    outside = [d for d in declarations if not any(d.started_at <= label <= d.last_met_at for label in labels)]
    return Matched(delays, len(declarations), len(false), len(repeated), len(outside), days)
