"""A host that fails again and again is left alone for a while (VENUES 6)."""

from typing import Final

FAILURES: Final = 5
OPEN_S: Final = 60.0
CAP_S: Final = 900.0


class Circuit:
    """Circuit breaker of one host: five failures in a row open it for 60 s, doubling to 15 min.

    When the time is over one call is let through: it closes the circuit, or opens it for twice as long.

    Examples
    --------
    >>> circuit = Circuit()
    >>> for _ in range(5):
    ...     circuit.failed(0.0)
    >>> circuit.allows(59.0), circuit.allows(60.0), circuit.allows(60.0)
    (False, True, False)
    >>> circuit.failed(61.0)
    >>> circuit.allows(180.0), circuit.allows(181.0)
    (False, True)
    """

    def __init__(self) -> None:
        self._failures = 0
        self._wait_s = OPEN_S
        self._until: float | None = None
        self._probing = False

    @property
    def open(self) -> bool:
        """Whether calls are held back, but for one probe."""
        return self._until is not None

    def allows(self, now: float) -> bool:
        """Whether a call may be made; in the half-open state only one."""
        if self._until is None:
            return True
        if now < self._until or self._probing:
            return False
        self._probing = True
        return True

    def worked(self) -> None:
        """A call got an answer."""
        self._failures, self._wait_s = 0, OPEN_S
        self._until, self._probing = None, False

    def abandoned(self) -> None:
        """The probe was not made, or says nothing: the next call may be it."""
        self._probing = False

    def failed(self, now: float) -> None:
        """A call failed."""
        if self._until is not None:
            if not self._probing:
                return  # it was under way when the circuit opened
            self._wait_s = min(CAP_S, 2.0 * self._wait_s)
        self._failures += 1
        if self._until is not None or self._failures >= FAILURES:
            self._until, self._probing = now + self._wait_s, False
