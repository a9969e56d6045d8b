"""`clri decode`: recorded frames of a venue as facts, and what became of every frame."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from clri.app.cli.context import globals_of


def command(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Frames, one per line, bare or {'raw': …}; also .gz.")],
    venue: Annotated[str, typer.Option("--venue", help="binance, bybit, okx, gate, bitget or hyperliquid.")],
    json: Annotated[bool, typer.Option("--json", help="The last line, on stderr, as one JSON object.")] = False,
) -> None:
    """Decode recorded frames: facts as JSON lines on stdout, counts by category as the last line on stderr.

    Contracts listed anywhere in the files are known from their first frame on.
    """
    from clri.app.assemble import build_mapper
    from clri.collect.sources import decode_frames
    from clri.model.codec import json_line
    from clri.model.instrument import Instrument

    said = globals_of(ctx)
    listed = [fact for fact in decode_frames(files, venue, build_mapper(venue)) if isinstance(fact, Instrument)]
    mapper = build_mapper(venue)
    mapper.table.update(listed)
    out = sys.stdout.buffer
    facts: Counter[str] = Counter()
    for fact in decode_frames(files, venue, mapper):
        facts[type(fact).__name__] += 1
        out.write(json_line(fact) + b"\n")
    out.flush()
    for reason, sample in mapper.tally.samples:
        if said.verbose:
            typer.echo(f"{reason}: {sample[:200]!r}", err=True)
    document = outcome(mapper.tally.frames, mapper.tally.rows, facts)
    typer.echo(msgspec.json.encode(document) if json else in_words(document), err=True)


def outcome(frames: Counter[str], rows: Counter[str], facts: Counter[str]) -> dict[str, Any]:
    """Counts by category: every frame once, rows that were left out of used frames, and facts by kind.

    Examples
    --------
    >>> outcome(Counter({"decoded": 2, "ignored:unused_channel": 1}), Counter(), Counter({"Liquidation": 3}))["ignored"]
    {'unused_channel': 1}
    """

    def reasons(counter: Counter[str], category: str) -> dict[str, int]:
        return {name.partition(":")[2]: n for name, n in sorted(counter.items()) if name.startswith(category + ":")}

    return {
        "frames": frames.total(),
        "decoded": frames["decoded"],
        "ignored": reasons(frames, "ignored"),
        "quarantined": reasons(frames, "quarantined"),
        "rows": {"ignored": reasons(rows, "ignored"), "quarantined": reasons(rows, "quarantined")},
        "facts": dict(sorted(facts.items())),
    }


def in_words(document: dict[str, Any]) -> str:
    """The same as one line of text.

    Examples
    --------
    >>> in_words(outcome(Counter({"decoded": 1, "quarantined:range": 2}), Counter(), Counter({"Ticker": 1})))
    'frames 3: decoded 1, quarantined range 2 | facts 1: Ticker 1'
    """
    parts = [f"decoded {document['decoded']}"]
    parts += [f"{kind} {why} {n}" for kind in ("ignored", "quarantined") for why, n in document[kind].items()]
    left_out = [f"{kind} {why} {n}" for kind, found in document["rows"].items() for why, n in found.items()]
    facts = [f"{kind} {n}" for kind, n in document["facts"].items()]
    words = [f"frames {document['frames']}: {', '.join(parts)}"]
    words += [f"rows left out: {', '.join(left_out)}"] if left_out else []
    words.append(f"facts {sum(document['facts'].values())}: {', '.join(facts) or 'none'}")
    return " | ".join(words)
