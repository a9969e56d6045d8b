"""Golden frames: what each frame written by us must become. `python -m tests.collect.test_golden` rewrites them."""

import importlib
import json
from pathlib import Path

import pytest

from clri.collect.mapper import Control, VenueMapper
from clri.collect.venues import VENUES
from clri.model.codec import json_line

FOLDER = Path(__file__).parent.parent / "golden"
FILES = sorted(FOLDER.glob("*/*.jsonl"))


def mapper_of(venue: str) -> VenueMapper:
    """A fresh mapper with the venue's golden instruments (`tests/golden/<venue>/instruments.json`) if there are any."""
    module, name = VENUES[venue].split(":")
    mapper = getattr(importlib.import_module(module), name)()
    listed = FOLDER / venue / "instruments.json"
    if listed.exists():
        mapper.table.update(mapper.instruments(listed.read_bytes(), 1_790_000_000_000_000_000))
    return mapper


def outcome(mapper: VenueMapper, case: dict) -> dict:
    """What the mapper makes of one case."""
    raw = case["text"].encode() if "text" in case else json.dumps(case["frame"], separators=(",", ":")).encode()
    recv = case.get("recv", 1_790_000_010_000_000_000)
    frames, rows = mapper.tally.frames.copy(), mapper.tally.rows.copy()
    items = mapper.reply(case["reply"], raw, recv) if "reply" in case else mapper.decode(raw, recv)
    facts = [json.loads(json_line(item)) for item in items if not isinstance(item, Control)]
    controls = [{f: getattr(item, f) for f in item.__struct_fields__} for item in items if isinstance(item, Control)]
    tally = dict(mapper.tally.frames - frames + (mapper.tally.rows - rows))
    return {"facts": facts, "controls": controls, "tally": tally}


def cases(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_golden(path: Path) -> None:
    mapper = mapper_of(path.parent.name)
    for number, case in enumerate(cases(path), start=1):
        got = outcome(mapper, case)
        want = {key: case[key] for key in ("facts", "controls", "tally")}
        assert got == want, f"{path.name} line {number}: {case.get('about', '')}"


def test_every_venue_has_golden_frames() -> None:
    assert {path.parent.name for path in FILES} == set(VENUES)


def rewrite() -> None:
    """Fill in what the mappers say today; review the diff before committing it."""
    for path in FILES:
        mapper = mapper_of(path.parent.name)
        lines = [{**case, **outcome(mapper, case)} for case in cases(path)]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    rewrite()
