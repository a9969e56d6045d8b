"""Scenarios: what is done to the market, minute by minute; never what comes of it (SIMULATION 4).

A scenario is a TOML file. `minutes` = its length; `before` = minutes of history that should precede it; segments are
named by minutes from its start, which may be negative:

    [[segment]]
    from = 60
    to = 300
    kind = "longs"       # longs, shorts, depth, volatility: factors; fixed_volatility, mood, quiet, target: values
    symbols = ["SOL"]    # all by default
    value = 6            # or [1, 6]: a ramp

`drift` and `own_drift` are ln of the price over the whole segment, the former times the coin's beta. `outage` takes
`venues` instead of symbols and value. `jumps` is a factor of their rate. Segments of one kind multiply where they are
factors, else add. A `[[label]]` (from, to, name, expect, slow) says what an observer should find.
"""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from clri.collect.simulate.coins import COINS, PLACES, SYMBOLS
from clri.collect.simulate.market.run import Script
from clri.collect.simulate.market.state import S, V
from clri.model.errors import InputError

FACTORS: Final = {"longs": "longs", "shorts": "shorts", "depth": "depth", "volatility": "times", "jumps": "jumps"}
VALUES: Final = {"mood": "mood", "quiet": "quiet", "target": "target"}
KINDS: Final = (*FACTORS, *VALUES, "fixed_volatility", "drift", "own_drift", "outage")
DRIFTS: Final = frozenset({"drift", "own_drift"})
LIMIT: Final = 1000.0
RAMP: Final = 2
OF_MARKET: Final = frozenset({"volatility", "fixed_volatility", "jumps"})


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing done for a while; `start`, `end` in minutes from the scenario's start."""

    kind: str
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    value: float | list[float] | None = None
    symbols: list[str] | None = None
    venues: list[str] | None = None


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens and what should be found: `expect` names detections or silences; `slow` = to be shown slowly."""

    name: str
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    expect: str = ""
    slow: bool = False


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scenario as read; `title` for people."""

    name: str
    title: str
    minutes: int
    before: int = 0
    segment: list[Segment] = []
    label: list[Label] = []

    @property
    def first(self) -> int:
        """First minute of which anything is said, <= 0."""
        return min([0, *(one.start for one in self.segment)])


def names() -> list[str]:
    """Scenarios that come with the package.

    Examples
    --------
    >>> names()
    ['calm', 'demo', 'flat', 'long_squeeze', 'oct10', 'outage', 'short_squeeze', 'trend']
    """
    folder = resources.files("clri.collect.simulate.scenarios")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def read_scenario(name: str | Path) -> Scenario:
    """Scenario by name, or from a TOML file.

    Raises
    ------
    InputError
        If there is none of the name, or the file says something unknown or impossible.

    Examples
    --------
    >>> read_scenario("calm").minutes
    840
    """
    if isinstance(name, str) and name in names():
        text = resources.files("clri.collect.simulate.scenarios").joinpath(f"{name}.toml").read_text("utf-8")
    else:
        path = Path(name)
        if path.suffix != ".toml":
            raise InputError(f"scenario was {str(name)!r}; expected one of {', '.join(names())}, or a .toml file")
        try:
            text = path.read_text("utf-8")
        except OSError as error:
            raise InputError(f"scenario {path} cannot be read: {error}") from error
    try:
        found = msgspec.convert({"name": Path(name).stem} | tomllib.loads(text), Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"scenario {name}: {error}") from error
    for one in found.segment:
        _check(found.name, one)
    return found


def _check(name: str, one: Segment) -> None:
    """Refuse what could not be meant."""
    place = f"scenario {name}, segment {one.kind} from {one.start}"
    if one.kind not in KINDS:
        raise InputError(f"{place}: kind was {one.kind!r}; expected one of {', '.join(KINDS)}")
    if one.end <= one.start:
        raise InputError(f"{place}: `to` was {one.end}; expected more than {one.start}")
    if strangers := sorted({*(one.symbols or ())} - {*SYMBOLS}):
        raise InputError(f"{place}: unknown symbols {', '.join(strangers)}; there are {', '.join(SYMBOLS)}")
    if one.kind == "outage":
        known = [venue.venue for venue in PLACES]
        if not one.venues or {*one.venues} - {*known} or one.symbols or one.value is not None:
            raise InputError(f"{place}: an outage takes `venues`, some of {', '.join(known)}, and nothing else")
        return
    if one.value is None or one.venues:
        raise InputError(f"{place}: takes `value`, and no `venues`")
    if one.kind in OF_MARKET and one.symbols:
        raise InputError(f"{place}: is of the whole market and takes no `symbols`")
    _check_value(place, one.kind, one.value)


def _check_value(place: str, kind: str, value: float | list[float]) -> None:
    """Refuse values outside the range of their kind."""
    found = value if isinstance(value, list) else [value]
    if isinstance(value, list) and (kind in DRIFTS or len(found) != RAMP):
        raise InputError(f"{place}: value was {value}; expected a number{'' if kind in DRIFTS else ', or two'}")
    if not all(-LIMIT <= one <= LIMIT for one in found):
        raise InputError(f"{place}: value was {value}; expected -{LIMIT} to {LIMIT}")
    if kind not in VALUES and kind not in DRIFTS and min(found) < 0.0:
        raise InputError(f"{place}: value was {value}; expected >= 0")
    if kind in {"longs", "shorts", "depth"} and min(found) <= 0.0:
        raise InputError(f"{place}: value was {value}; expected > 0")


def compile_script(scenario: Scenario) -> Script:
    """Scenario as arrays; row 0 is minute `scenario.first`, one more row stands for all other times.

    Examples
    --------
    >>> compile_script(read_scenario("calm")).longs.shape
    (841, 8)
    """
    first = scenario.first
    count = max([scenario.minutes, *(one.end for one in scenario.segment)]) - first
    by_coin = {name: np.ones((count + 1, S)) for name in ("depth", "longs", "shorts")}
    by_coin |= {name: np.zeros((count + 1, S)) for name in ("drift", "mood", "quiet", "target")}
    whole = {"times": np.ones(count + 1), "fixed": np.full(count + 1, np.nan), "jumps": np.ones(count + 1)}
    off = np.zeros((count + 1, V))
    for one in scenario.segment:
        rows = slice(one.start - first, one.end - first)
        span = one.end - one.start
        if one.kind == "outage":
            off[rows, [at for at, place in enumerate(PLACES) if place.venue in (one.venues or ())]] = 1.0
            continue
        ends = one.value if isinstance(one.value, list) else [one.value or 0.0]
        ramp = np.linspace(ends[0], ends[-1], span)
        lanes = [at for at, symbol in enumerate(SYMBOLS) if one.symbols is None or symbol in one.symbols]
        if one.kind == "fixed_volatility":
            whole["fixed"][rows] = ramp
        elif one.kind in OF_MARKET:
            whole[FACTORS[one.kind]][rows] *= ramp
        elif one.kind in FACTORS:
            by_coin[FACTORS[one.kind]][rows, lanes] *= ramp[:, np.newaxis]
        elif one.kind in VALUES:
            by_coin[VALUES[one.kind]][rows, lanes] += ramp[:, np.newaxis]
        else:
            beta = [COINS[lane].beta if one.kind == "drift" else 1.0 for lane in lanes]
            by_coin["drift"][rows, lanes] += (ramp / (60.0 * span))[:, np.newaxis] * beta
    return Script(off=off, **by_coin, **whole)
