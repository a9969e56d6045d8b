"""What stands behind a value: share of the venues, age of the oldest of them, and their number."""

from collections.abc import Mapping
from math import fsum
from typing import Any, Final, NamedTuple, TypeVar

from clri.engine.operator import Shares
from clri.model.names import Venue
from clri.model.timebase import SECOND

MIN_SHARE: Final = 0.30  # SCORES 11, quality.min_venue_share: less evidence than this is no evidence

Slot = TypeVar("Slot", bound=tuple[Any, ...])


class Evidence(NamedTuple):
    """Venues behind a value.

    Parameters
    ----------
    coverage
        Their share among the enabled venues, 0..1.
    age_s
        Age of the oldest input used, seconds; None if none was.
    venues
        Their number.
    """

    coverage: float
    age_s: float | None
    venues: int

    @property
    def enough(self) -> bool:
        """True if the share suffices to publish the value."""
        return self.venues > 0 and self.coverage >= MIN_SHARE

    def fields(self, name: str) -> dict[str, Any]:
        """Observation fields of the input `name`.

        Examples
        --------
        >>> Evidence(0.5, 2.0, 1).fields("oi")
        {'cov_oi': 0.5, 'age_oi_s': 2.0, 'n_oi': 1}
        """
        return {f"cov_{name}": self.coverage, f"age_{name}_s": self.age_s, f"n_{name}": self.venues}


def fresh(slots: Mapping[str, Slot], boundary: int, limit: int, shares: Shares) -> dict[Venue, Slot]:
    """Slots of enabled venues received at most `limit` ns before `boundary`, in the order of the venues.

    A slot starts with its `When`; an age of exactly the limit is still fresh.
    """
    oldest = boundary - limit
    return {
        venue: slot for venue in shares.enabled() if (slot := slots.get(venue)) is not None and slot[0][2] >= oldest
    }


def evidence(received: Mapping[Venue, int], boundary: int, shares: Shares) -> Evidence:
    """Evidence of inputs received at the given times (ns), one per venue used."""
    if not received:
        return Evidence(0.0, None, 0)
    whole = len(received) == len(shares.enabled())
    share = 1.0 if whole else min(1.0, fsum(shares.weight(venue) for venue in received))
    return Evidence(share, max(0, boundary - min(received.values())) / SECOND, len(received))


def evidence_of(slots: Mapping[Venue, tuple[Any, ...]], boundary: int, shares: Shares) -> Evidence:
    """Evidence of the slots used, by receipt."""
    return evidence({venue: slot[0][2] for venue, slot in slots.items()}, boundary, shares)
