"""Everything that is computed, in one document: scores, detectors, what they publish, venues and channels."""

import inspect
import math
from importlib import import_module
from types import UnionType
from typing import Any, Final, get_args

import msgspec

from clri.app.assemble import MINUTE, build_mapper, build_tier, load
from clri.app.docs_of import about, params_of, source, texts_of, tracks_of, warm_up
from clri.collect.venues import VENUES
from clri.model import levels
from clri.model.codec import Output
from clri.model.names import SCHEMA
from clri.scores import clri, direction
from clri.scores.reading import ReadingComposer, Row

MODELS: Final[dict[str, str]] = {
    "estimated_levels": "clri.scores.estimated_levels:EstimatedLevels",
    "what_if": "clri.scores.what_if:Stress",
    "unified_oi": "clri.observe.unified_oi:UnifiedOpenInterest",
}
"""What stands beside the registries: computed when asked for."""

NAMED: Final = frozenset({"risk_level", "stress_level", "direction", "detected_regime", "vol_regime", "mtf_regime"})
"""Fields of a reading that are words made from a column."""


def catalogue() -> dict[str, Any]:
    """The catalogue; the same names as the registries and the readings."""
    from clri.detectors import DETECTORS
    from clri.observe import ACCUMULATORS
    from clri.scores import EVENTS, MARKET_SCORES, SCORES

    published = _published()
    inputs = {name: f"clri.observe.{reference}" for name, reference in ACCUMULATORS.items()}
    return {
        "schema": SCHEMA,
        "scores": [_score(name, reference, published) for name, reference in SCORES.items()],
        "market_scores": [
            _score("market", "clri.scores.market:Market", {}),
            *(_score(name, reference, {}) for name, reference in MARKET_SCORES.items()),
        ],
        "events": [_entry(name, reference) for name, reference in EVENTS.items()],
        "detectors": [_detector(name, reference) for name, reference in DETECTORS.items()],
        "models": [_entry(name, reference) for name, reference in MODELS.items()],
        "inputs": [_entry(name, reference) for name, reference in inputs.items()],
        "words": _words(),
        "outputs": [_struct(kind) for kind in get_args(Output)],
        "venues": [_venue(venue) for venue in VENUES],
    }


def _entry(name: str, reference: str) -> dict[str, Any]:
    """What every entry has: one line, source, warm-up, parameters."""
    found = load(reference)
    module = import_module(reference.partition(":")[0])
    text = texts_of(found)
    module_text = inspect.getdoc(module) or ""
    return {
        "name": name,
        "about": about(module_text),
        "source": source(text),
        "warm_up": warm_up(text, {}),
        "text": module_text,
        "params": params_of(module),
    }


def _score(name: str, reference: str, published: dict[str, list[str]]) -> dict[str, Any]:
    found = load(reference)
    score = found() if name == "market" else found(MINUTE)
    columns = [*score.outputs, *getattr(score, "lane_outputs", ())]
    return _entry(name, reference) | {
        "warm_up": warm_up(texts_of(found), tracks_of(score)),
        "inputs": list(score.inputs),
        "outputs": [
            {
                "name": column.name,
                "unit": column.unit,
                "low": column.low,
                "high": column.high,
                "about": column.about,
                "published": published.get(column.name, []),
            }
            for column in columns
        ],
    }


def _published() -> dict[str, list[str]]:
    """Places of a reading in which each column stands, found by composing readings in which it is the only change."""
    columns = build_tier(["BTC"]).panel.columns
    composer = ReadingComposer(MINUTE, clri.Params(), direction.Params(), "")

    def values(known: dict[str, float]) -> dict[str, object]:
        row = Row(columns, [known.get(name, math.nan) for name in columns])
        return _flat(msgspec.to_builtins(composer.compose("BTC", 0, "live", row, None)))

    plain = {"clri_score": 50.0}  # without a score, weights and contributions are left out
    before = values(plain)
    found = {}
    for name in columns:
        after = values(plain | {name: 1.0})
        found[name] = [
            place
            for place, value in after.items()
            if value != before.get(place) and (value == 1.0 or place in NAMED or place.startswith("mtf."))
        ]
    return found


def _flat(document: dict[str, Any], head: str = "") -> dict[str, object]:
    """Values by dotted place; truth values are none of the numbers."""
    found: dict[str, object] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{head}{name}.")
        elif not isinstance(value, bool):
            found[f"{head}{name}"] = value
    return found


def _detector(name: str, reference: str) -> dict[str, Any]:
    detector = load(reference)("BTC", "replay-simulated")
    return _entry(name, reference) | {
        "listens": ["Liquidation", "Tick", *sorted(kind.__name__ for kind in detector.listens)],
        "row": sorted(detector.row()),
    }


def _words() -> dict[str, Any]:
    """Closed vocabularies: bands with their lower edges, regimes in the order of their codes."""
    return {
        "risk_level": {word: edge for edge, word in levels.BANDS},
        "cascade_band": {word: edge for edge, word in levels.CASCADE_BANDS},
        "detected_regime": list(levels.REGIMES),
        "vol_regime": list(levels.VOL_REGIMES),
        "mtf_regime": list(levels.FRAME_REGIMES),
    }


def _struct(kind: type[msgspec.Struct]) -> dict[str, Any]:
    hints = {field.name: _type(field.type) for field in msgspec.structs.fields(kind)}
    return {
        "name": kind.__name__,
        "k": kind.__struct_config__.tag,
        "about": about(inspect.getdoc(kind) or ""),
        "fields": hints,
    }


def _type(hint: Any) -> str:  # noqa: ANN401 - any type
    """A type as people write it, with ? for "or missing"."""
    parts = get_args(hint) if isinstance(hint, UnionType) else ()
    if type(None) in parts:
        return " | ".join(_type(part) for part in parts if part is not type(None)) + "?"
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")


def _venue(venue: str) -> dict[str, Any]:
    """Sockets and calls that one coin asks for; a silence of None = sparse, judged against other venues."""
    mapper = build_mapper(venue)
    expected = [expect for conn in mapper.subscriptions(["BTC"]) for expect in conn.expect]
    channels = {expect.channel: expect.max_silence_s for expect in expected}
    calls = {poll.name.partition(":")[0]: poll.every_s for poll in mapper.polls(["BTC"])}
    return {
        "venue": venue,
        "channels": [{"channel": name, "max_silence_s": silence} for name, silence in channels.items()],
        "polls": [{"name": name, "every_s": every} for name, every in calls.items()],
        "history": [poll.name.partition(":")[0] for poll in mapper.history(["BTC"], 0)],
        "hourly": [poll.name.partition(":")[0] for poll in mapper.hourly(["BTC"])],
    }
