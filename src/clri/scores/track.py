"""One history of one score: its window, its need and its arrays among the score's state."""

from dataclasses import dataclass

from clri.engine.cadence import DAY_S, Cadence
from clri.engine.score import F8, State
from clri.maths.history import History, roll


@dataclass(frozen=True, slots=True)
class Track:
    """A history that compares each row with its own past (SCORES 1): robust z and mid-rank.

    Parameters
    ----------
    key
        Prefix of its arrays in the score's state.
    history
        Shape and limits.
    """

    key: str
    history: History

    @classmethod
    def over(cls, key: str, cadence: Cadence, *, days: int, need_days: int, floor: float) -> "Track":
        """History of so many days at a cadence, at least as long as its need; `floor` NaN = ranks only."""
        need = cadence.at_least(need_days * DAY_S)
        cap = max(cadence.samples(days * DAY_S), need)
        return cls(key, History(cap=cap, every=cadence.grid_rows, n_min=need, floor=floor))

    def state(self, lanes: int) -> State:
        """Empty arrays."""
        ring, order, held = self.history.allocate(lanes)
        return {f"{self.key}_ring": ring, f"{self.key}_order": order, f"{self.key}_n": held}

    def learn(self, t0: int, state: State, x: F8) -> None:
        """Let each row join, without evaluating it."""
        self.roll(t0, state, x, None, None)

    def roll(self, t0: int, state: State, x: F8, z: F8 | None, rank: F8 | None) -> None:
        """Evaluate each row against the past, then let it join: `z` signed, `rank` 0..100; None = not wanted."""
        roll(
            state[f"{self.key}_ring"],
            state[f"{self.key}_order"],
            state[f"{self.key}_n"],
            t0,
            x,
            z,
            rank,
            None,
            self.history.n_min,
            self.history.floor,
            self.history.every,
        )
