"""Whether a host may be called now: its refusals, its circuit and the weight that is left (VENUES 6)."""

from collections.abc import Mapping
from typing import Final

import msgspec

from clri.collect.mapper import Poll
from clri.collect.transport.bucket import Bucket
from clri.collect.transport.circuit import Circuit
from clri.collect.transport.limits import Limits
from clri.collect.transport.refusal import PROBE_S, Loss

BLOCKS: Final = 3
"""So many 403 in a row, and the place is taken for the reason."""


class Host:
    """State of one base URL.

    Parameters
    ----------
    name
        Word of the settings (`rest`, `spot`), which stands in statuses in place of the URL.
    now
        Monotonic seconds.

    Attributes
    ----------
    trouble
        Newest refusal that concerns the host as a whole; None while it works.
    refused
        Calls not made, by reason; those for want of weight are counted by the bucket.
    """

    def __init__(self, name: str, base: str, limits: Limits, now: float) -> None:
        self.name, self.base, self._limits = name, base, limits
        self.bucket = Bucket(limits.weight, limits.window_s, now)
        self.circuit = Circuit()
        self.trouble: Loss | None = None
        self.closed = 0
        self._until = now
        self._blocks = 0
        self._probing = False

    def allows(self, poll: Poll, now: float) -> bool:
        """Whether this call may be made; if so, `answered` must follow."""
        if now < self._until or self._probing or not self.circuit.allows(now):
            self.closed += 1
            return False
        if not self.bucket.take(poll.weight, poll.priority, now, poll.name):
            self.circuit.abandoned()
            return False
        self._probing = self.trouble is not None and self.trouble.wait_s > 0.0  # one call, not all that waited
        return True

    def answered(self, loss: Loss | None, headers: Mapping[str, str], now: float) -> Loss | None:
        """Take the outcome of a call.

        Returns
        -------
        Loss or None
            Refusal that concerns the whole host and was not known before.
        """
        self._probing = False
        self._told(headers, now)
        if loss is None:
            self.circuit.worked()
            if now >= self._until:  # else it was under way when the host said stop
                self._blocks = 0
                self.trouble = None
            return None
        if loss.wait_s > 0.0:
            self.circuit.abandoned()
            loss = self._stay_away(loss, now)
        else:
            self.circuit.failed(now)
            if not self.circuit.open:
                return None
            loss = Loss("circuit", loss.detail)
        known = self.trouble is not None and self.trouble.label == loss.label
        self.trouble = loss
        return None if known else loss

    def dropped(self) -> None:
        """A call that was allowed was cancelled."""
        self._probing = False
        self.circuit.abandoned()

    def _stay_away(self, loss: Loss, now: float) -> Loss:
        if loss.state == "rate_limited":
            self.bucket.halve(now)
        elif loss.label == "blocked":
            self._blocks += 1
            if self._blocks >= BLOCKS:
                loss = msgspec.structs.replace(loss, label="geo_blocked", state="geo_blocked", wait_s=PROBE_S)
        self._until = max(self._until, now + loss.wait_s)
        return loss

    def _told(self, headers: Mapping[str, str], now: float) -> None:
        for name, take in (
            (self._limits.limit_header, self.bucket.allowed),
            (self._limits.used_header, self.bucket.used),
            (self._limits.left_header, self.bucket.remaining),
        ):
            text = headers.get(name, "") if name else ""
            if text.isascii() and text.isdigit():
                take(float(text[:9]), now)
