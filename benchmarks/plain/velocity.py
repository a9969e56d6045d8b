"""Cascade score and velocity by plain Python: a deque of dictionaries, walked at every question."""

from benchmarks.plain.window import Recomputed
from clri.model.facts import Liquidation


class Walked(Recomputed):
    """A recomputed window that also tells the velocity."""

    def __init__(self) -> None:
        super().__init__()
        self.newest = 0

    def add(self, fact: Liquidation) -> None:
        """Take an event as a dictionary."""
        self.newest = fact.ts_venue or fact.ts
        keys = ("side", "usd", "price", "venue")
        super().add({"ts_venue": self.newest} | {key: getattr(fact, key) for key in keys})

    def velocity(self, now: int) -> float:
        """Events per second of SCORES 6 at `now` (ns), from the events."""
        ages = [(now - event["ts_venue"]) / 1e9 for event in self.window]
        n_2, n_10, n_60 = (sum(0 <= age < span for age in ages) for span in (2, 10, 60))
        return 0.4 * n_2 / 2 + 0.4 * n_10 / 10 + 0.2 * n_60 / 60
