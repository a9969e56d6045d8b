"""How long to wait before the next try, and whether a connection is lost too often to be trusted (VENUES 5)."""

import random
from collections import deque
from typing import Final

BASE_S: Final = 0.5
CAP_S: Final = 60.0
CALM_S: Final = 60.0
"""So long with data, and the next loss counts as the first."""
FLAP_LOSSES: Final = 3
FLAP_S: Final = 600.0
_MAX_POWER: Final = 16
"""The cap is reached long before; keeps the power small."""


class Backoff:
    """Waits between tries: uniform(0, min(60 s, 0.5 s * 2^n)), n losses since the last calm.

    Parameters
    ----------
    rng
        Seeded by the caller.

    Notes
    -----
    Times are monotonic seconds. The first wait is at most 0.5 s. Three losses of an open connection within ten minutes
    are flapping; a refused connect is a failed try, not a loss.

    Examples
    --------
    >>> backoff = Backoff(random.Random(1))
    >>> [backoff.lost(float(at)) <= 0.5 * 2**at for at in range(4)], backoff.flapping(4.0), backoff.flapping(604.0)
    ([True, True, True, True], True, False)
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._tries = 0
        self._since: float | None = None
        self._losses: deque[float] = deque(maxlen=FLAP_LOSSES)

    def lost(self, now: float, *, opened: bool = True) -> float:
        """Seconds to wait after a loss, or (`opened` False) after a connect that failed."""
        self._since = None
        if opened:
            self._losses.append(now)
        wait = self._rng.uniform(0.0, min(CAP_S, BASE_S * 2.0 ** min(self._tries, _MAX_POWER)))
        self._tries += 1
        return wait

    def data(self, now: float) -> None:
        """Data came; after a minute of it the next loss is a first one."""
        if self._since is None:
            self._since = now
        elif now - self._since >= CALM_S:
            self._tries = 0

    def flapping(self, now: float) -> bool:
        """Whether the connection was lost three times within the last ten minutes."""
        return len(self._losses) == FLAP_LOSSES and now - self._losses[0] < FLAP_S
