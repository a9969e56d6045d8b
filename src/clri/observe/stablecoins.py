"""Stablecoin flows of a minute, for the MARKET row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from clri.engine.operator import Shares
from clri.maths.money import from_micro, nearest_micro
from clri.model.control import FeedStatus
from clri.model.facts import Fact, StablecoinTransfer
from clri.model.timebase import SECOND
from clri.observe.intake import Intake, When
from clri.observe.state import from_bytes, to_bytes


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the stablecoin flows.

    Parameters
    ----------
    provider
        Venue of the transfers and of their feed status.
    large_usd
        Transfer to or from an exchange that counts as large, USD.
    """

    provider: str = "etherscan"
    large_usd: float = 1_000_000.0


DEFAULT: Final = Params()

FIELDS: Final = {
    "EXCHANGE_INFLOW": "stable_in_usd",
    "EXCHANGE_OUTFLOW": "stable_out_usd",
    "MINT": "stable_mint_usd",
    "BURN": "stable_burn_usd",
}


class _State(msgspec.Struct, array_like=True):
    sums: dict[str, int]
    large: int
    channels: dict[str, tuple[int, int]]
    seen: int


class Stablecoins(Intake):
    """stable_in_usd, stable_out_usd, stable_mint_usd, stable_burn_usd, stable_large_n and the evidence of `stable`.

    All are None unless the provider's feed is up: silence of a source that is down is no calm. Transfers between
    exchanges and between whales count nowhere. Back-fill never counts.

    Parameters
    ----------
    symbol
        MARKET.

    Notes
    -----
    The feed is up if the newest status of every channel of the provider is `up` (of two at one time the worse;
    `rate_limited` says nothing).
    cov_stable is 1 or 0, age_stable_s the time since the provider was last heard of.

    Examples
    --------
    >>> from clri.observe.shares import OpenInterestShares
    >>> flows, shares = Stablecoins("MARKET"), OpenInterestShares("MARKET", [])
    >>> head = (SECOND, None, "MARKET", "etherscan", "chain", None, "chain", None, False)
    >>> flows.add(FeedStatus(*head, "logs", "up"))
    >>> flows.add(StablecoinTransfer(*head, 1, "USDT", 2e6, "0xa", "0xb", None, None, "MINT", "0xc", 0, 1))
    >>> row = flows.close(60 * SECOND, shares)
    >>> row["stable_mint_usd"], row["stable_in_usd"], row["stable_large_n"], row["cov_stable"], row["age_stable_s"]
    (2000000.0, 0.0, 0, 1.0, 59.0)
    """

    def __init__(self, symbol: str, params: Params = DEFAULT) -> None:
        super().__init__(symbol)
        self._params = params
        self._large_from = nearest_micro(params.large_usd)
        self._sums = dict.fromkeys(FIELDS, 0)
        self._large = 0
        self._channels: dict[str, tuple[int, int]] = {}
        self._seen = -1
        self.handlers = {StablecoinTransfer: self._transfer, FeedStatus: self._feed}

    def close(self, boundary: int, shares: Shares) -> Mapping[str, Any]:  # noqa: ARG002 - one provider, no shares
        """Observation fields of the minute that ends at `boundary` (ns)."""
        up = bool(self._channels) and not any(bad for _, bad in self._channels.values())
        row: dict[str, Any] = {
            "cov_stable": 1.0 if up else 0.0,
            "age_stable_s": max(0, boundary - self._seen) / SECOND if up else None,
            "n_stable": int(up),
        }
        if up:
            row |= {FIELDS[flow]: from_micro(amount) for flow, amount in self._sums.items()}
            row["stable_large_n"] = self._large
        self._sums = dict.fromkeys(FIELDS, 0)
        self._large = 0
        return row

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes(_State(self._sums, self._large, self._channels, self._seen))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._sums, self._large, self._channels, self._seen = state.sums, state.large, state.channels, state.seen

    def _transfer(self, fact: StablecoinTransfer, at: When) -> None:
        self._hear(fact, at)
        if fact.flow not in self._sums:
            return
        amount = nearest_micro(fact.amount)
        self._sums[fact.flow] += amount
        if amount >= self._large_from and fact.flow in {"EXCHANGE_INFLOW", "EXCHANGE_OUTFLOW"}:
            self._large += 1

    def _feed(self, fact: FeedStatus, at: When) -> None:
        if fact.venue == self._params.provider and fact.state != "rate_limited":
            self._hear(fact, at)
            state = (at[2], 0 if fact.state == "up" else 1)
            self._channels[fact.channel] = max(state, self._channels.get(fact.channel, state))

    def _hear(self, fact: Fact, at: When) -> None:
        if fact.venue == self._params.provider:
            self._seen = max(self._seen, at[2])
