"""Golden frames broken at random, and what must hold of every fact whatever the frame said."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from clri.collect.mapper import Control, VenueMapper
from clri.model.codec import json_line
from clri.model.facts import Bar, Book, Depth, Liquidation, LongShortRatio, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from tests.collect.test_golden import FOLDER, cases

TEXTS = ("NaN", "inf", "-Infinity", "1e999", "1e308", "1e-320", "", " ", "null", "0", "-0", "-1", "1_0", "\uff11", "x")
NUMBERS = (0, -1, 1, 10**30, -(10**30), 1e308, 5e-324, 1_790_000_000, 1_790_000_000_000_000)
NASTY: tuple[Any, ...] = (*TEXTS, *NUMBERS, None, True, False, [], {}, [[]])
STEPS = ("set", "drop", "double")


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    return [path] * bool(path) + [found for key, value in inner for found in _paths(value, (*path, key))]


def _apply(frame: Any, path: tuple[Any, ...], step: str, value: Any) -> None:
    *way, key = path
    for part in way:
        frame = frame[part]
    if step == "set":
        frame[key] = json.loads(json.dumps(value))  # a later change must not reach the constant
    elif step == "drop":
        del frame[key]
    elif isinstance(frame, list):
        frame.insert(key, json.loads(json.dumps(frame[key])))


@st.composite
def broken(draw: st.DrawFn, venue: str) -> tuple[str | None, bytes]:
    """Path of the call (None for a socket) and bytes of a golden case after one to three changes."""
    files: list[Path] = sorted((FOLDER / venue).glob("*.jsonl"))
    case = draw(st.sampled_from([case for path in files for case in cases(path)]))
    frame = case.get("frame")
    if frame is not None:
        frame = json.loads(json.dumps(frame))
        for _ in range(draw(st.integers(1, 3))):
            paths = _paths(frame)
            if paths:
                step, value = draw(st.sampled_from(STEPS)), draw(st.sampled_from(NASTY))
                _apply(frame, draw(st.sampled_from(paths)), step, value)
    raw = case["text"].encode() if frame is None else json.dumps(frame, separators=(",", ":")).encode()
    if draw(st.integers(0, 3)) == 0:
        at, length = draw(st.integers(0, len(raw))), draw(st.integers(0, 12))
        raw = raw[:at] + draw(st.binary(max_size=6)) + raw[at + length :]
    return case.get("reply"), raw


def feed(mapper: VenueMapper, reply: str | None, raw: bytes, recv: int) -> list[Any]:
    """Decode, and check that the frame was counted exactly once."""
    before = mapper.tally.frames.total()
    items = mapper.decode(raw, recv) if reply is None else mapper.reply(reply, raw, recv)
    assert mapper.tally.frames.total() == before + 1
    return items


def check(item: Any) -> None:
    """What holds of every fact: finite, positive where it must be, in range, writable."""
    if isinstance(item, Control):
        return
    json_line(item)  # an encoder that meets NaN raises
    assert item.ts_venue is None or 10**18 <= item.ts_venue < 10**19
    for name in item.__struct_fields__:
        value = getattr(item, name)
        assert not isinstance(value, float) or math.isfinite(value), (name, item)
    for name in POSITIVE.get(type(item), ()):
        value = getattr(item, name)
        assert value is None or value > 0, (name, item)
    for name in NOT_NEGATIVE.get(type(item), ()):
        value = getattr(item, name)
        assert value is None or value >= 0, (name, item)
    if isinstance(item, Book):
        assert all(price > 0 < size for price, size in (*item.bids, *item.asks)), item
        assert max(len(item.bids), len(item.asks)) <= 50
    assert RELATIONS.get(type(item), bool)(item), item


POSITIVE: dict[type, tuple[str, ...]] = {
    Liquidation: ("price", "qty", "usd"),
    MarkFunding: ("mark", "index", "interval_h", "next_funding_ts"),
    Ticker: ("last", "bid", "ask"),
    Depth: ("mid",),
    Bar: ("o", "h", "l", "c"),
    LongShortRatio: ("period_s",),
    Instrument: ("contract_size", "multiplier", "tick_size", "qty_step", "funding_interval_h"),
}
NOT_NEGATIVE: dict[type, tuple[str, ...]] = {
    OpenInterest: ("oi_base", "oi_usd", "price_used"),
    Ticker: ("vol24h_base", "vol24h_usd"),
    Depth: ("bid_usd_1pct", "ask_usd_1pct", "bid_usd_2pct", "ask_usd_2pct"),
    Bar: ("vol_base", "vol_usd"),
    LongShortRatio: ("long_share", "ratio"),
}
RELATIONS: dict[type, Callable[[Any], bool]] = {
    Liquidation: lambda f: math.isclose(f.usd, f.price * f.qty, rel_tol=1e-9) and f.usd < 1e10,
    MarkFunding: lambda f: abs(f.rate or 0) <= 0.05 and (f.rate_8h is None) == (None in (f.rate, f.interval_h)),
    OpenInterest: lambda f: (f.oi_usd or 0) < 1e12 and (f.oi_usd is None) == (f.price_used is None),
    Book: lambda f: not f.valid or f.bids[0][0] < f.asks[0][0],
    Bar: lambda f: f.l <= min(f.o, f.c) <= max(f.o, f.c) <= f.h,
    LongShortRatio: lambda f: f.long_share <= 1,
}
