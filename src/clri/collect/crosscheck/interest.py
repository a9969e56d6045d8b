"""Open interest that jumps while the price does not: held until confirmed, or told in another unit (VENUES 8)."""

from typing import ClassVar, Final

import msgspec

from clri.collect.channels import channel_of
from clri.collect.crosscheck.known import OI_NS, Known
from clri.model.facts import Fact, OpenInterest
from clri.model.instrument import Instrument
from clri.model.names import Venue
from clri.observe.state import from_bytes, to_bytes

JUMP: Final = 3.0
MOVE: Final = 0.05
SAMPLES: Final = 3
AGREE: Final = 0.10
"""Samples this close to each other agree; so near a factor of the contract is that factor."""


class _Lane(msgspec.Struct):
    ts: int
    coins: float
    price: float | None
    run: int = 0
    told: str = ""  # channel on which it was told as stale
    wrong: float = 0.0  # newest value in the other unit, while told
    held: OpenInterest | None = None


class _State(msgspec.Struct, array_like=True):
    lanes: dict[Venue, dict[str, _Lane]]
    sizes: dict[Venue, dict[str, tuple[float, float]]]


class Interest:
    """Open interest of each contract against its own last believed value, at most 15 min old.

    A value three times as large or as small, while the price moved by less than 5 % (or is not known), is held. Three
    samples in a row that agree within 10 % are believed, the newest of them passes. If the factor is that of the
    contract (its size, its multiplier, or both), coins and contracts were mixed up: such values are dropped and told
    as stale, label `unit`, until the old unit is back or the contract's terms change.

    Notes
    -----
    VENUES 8 asks for "within 60 s"; polls of many contracts come 60 s apart and later, so two successive values are
    compared as long as the older one would still count in a row (15 min). History rows (`period_s` set) pass.
    """

    name: ClassVar[str] = "interest"
    listens: ClassVar[frozenset[type[Fact]]] = frozenset({OpenInterest, Instrument})

    def __init__(self, known: Known) -> None:
        self._known = known
        self._lanes: dict[Venue, dict[str, _Lane]] = {}
        self._sizes: dict[Venue, dict[str, tuple[float, float]]] = {}

    @property
    def held(self) -> int:
        """Values held back now."""
        return sum(lane.held is not None for lanes in self._lanes.values() for lane in lanes.values())

    def take(self, fact: Fact, out: list[Fact]) -> Fact | None:
        """Judge a value; a contract's terms are noted."""
        if fact.symbol not in self._known.symbols or fact.market != "perp":
            return fact
        if isinstance(fact, Instrument):
            self._listed(fact, out)
            return fact
        if not isinstance(fact, OpenInterest) or fact.period_s is not None or fact.backfill:
            return fact
        name = fact.raw or fact.symbol
        lanes = self._lanes.setdefault(fact.venue, {})
        lane = lanes.get(name)
        if lane is None:
            lane = lanes[name] = _Lane(fact.ts, fact.oi_base, None)
        elif self._jumped(fact, lane):
            return self._doubted(fact, lane, out)
        return self._believed(fact, lane, out)

    def _jumped(self, fact: OpenInterest, lane: _Lane) -> bool:
        if lane.told:
            return _apart(lane.coins, fact.oi_base)
        if lane.coins <= 0.0 or fact.ts - lane.ts > OI_NS:
            return False
        if not _apart(lane.coins, fact.oi_base):
            return False
        price = self._known.price(fact.symbol, fact.venue, fact.ts)
        moved = price is not None and lane.price is not None and abs(price / lane.price - 1.0) >= MOVE
        return not moved

    def _believed(self, fact: OpenInterest, lane: _Lane, out: list[Fact]) -> Fact:
        if lane.held is not None:
            self._known.drop(lane.held, "oi_superseded")
            lane.held = None
        if lane.told:
            out.append(self._known.tell(fact, "up", channel=lane.told))
        lane.run, lane.told = 0, ""
        lane.ts, lane.coins = fact.ts, fact.oi_base
        lane.price = self._known.price(fact.symbol, fact.venue, fact.ts)
        contracts = self._known.coins[fact.symbol].setdefault(fact.venue, {})
        usd = fact.oi_usd
        if usd is None and fact.price_used is not None:
            usd = fact.oi_base * fact.price_used
        contracts[fact.raw or fact.symbol] = (fact.ts, fact.oi_base, usd)
        return fact

    def _doubted(self, fact: OpenInterest, lane: _Lane, out: list[Fact]) -> Fact | None:
        if self._other_unit(fact, lane):
            if lane.held is not None:
                self._known.drop(lane.held, "oi_superseded")
                lane.held = None
            self._known.drop(fact, "oi_unit")
            lane.run, lane.wrong = 0, fact.oi_base
            if not lane.told:
                lane.told = channel_of(fact)
                detail = f"{fact.symbol} open interest {fact.oi_base:.6g} after {lane.coins:.6g} coins"
                out.append(self._known.tell(fact, "stale", "unit", f"{detail}; contracts and coins are mixed up"))
            return None
        held = lane.held
        agrees = held is not None and abs(fact.oi_base - held.oi_base) <= AGREE * max(held.oi_base, fact.oi_base)
        lane.run = lane.run + 1 if agrees else 1
        if lane.run >= SAMPLES:
            self._known.note(fact, "oi_step")
            return self._believed(fact, lane, out)
        if held is not None:
            self._known.drop(held, "oi_superseded")
        lane.held = fact
        return None

    def _other_unit(self, fact: OpenInterest, lane: _Lane) -> bool:
        if lane.told and not _apart(lane.wrong, fact.oi_base):
            return True
        size, multiplier = self._sizes.get(fact.venue, {}).get(fact.raw or fact.symbol, (1.0, 1.0))
        ratio = fact.oi_base / lane.coins
        for factor in (size, multiplier, size * multiplier):
            if 1.0 / JUMP < factor < JUMP:
                continue
            if abs(ratio / factor - 1.0) <= AGREE or abs(ratio * factor - 1.0) <= AGREE:
                return True
        return False

    def _listed(self, fact: Instrument, out: list[Fact]) -> None:
        """Terms that change end what was known of the contract."""
        name, terms = fact.raw or fact.symbol, (fact.contract_size, fact.multiplier)
        sizes = self._sizes.setdefault(fact.venue, {})
        if sizes.get(name, terms) != terms:
            lane = self._lanes.get(fact.venue, {}).pop(name, None)
            if lane is not None:
                if lane.held is not None:
                    self._known.drop(lane.held, "oi_superseded")
                if lane.told:
                    out.append(self._known.tell(fact, "up", channel=lane.told))
        sizes[name] = terms

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes(_State(self._lanes, self._sizes))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._lanes, self._sizes = state.lanes, state.sizes


def _apart(one: float, other: float) -> bool:
    """Whether two values are a factor of three or more apart."""
    return not (one < JUMP * other and other < JUMP * one)
