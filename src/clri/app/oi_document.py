"""Unified open interest as the documents that commands and routes show (CONTRACTS 2, route `oi/{sym}`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from clri.model.facts import Fact
from clri.model.names import SCHEMA, Mode
from clri.model.quality import quality
from clri.model.timebase import iso
from clri.model.unified_oi import OiSnapshot
from clri.observe.unified_oi import UnifiedOpenInterest


def oi_reply(found: OiSnapshot, mode: Mode) -> dict[str, Any]:
    """Body of the route for one coin: the snapshot, its time as ISO text, and what every reply carries.

    `coverage` is the fraction of the expected venues that answered, 0..1; `quality` is `partial` where the validation
    did not pass.
    """
    summary = found.validation_summary
    asked = summary.successful_exchanges + summary.failed_exchanges
    as_of = None if found.timestamp is None else iso(found.timestamp)
    document: dict[str, Any] = msgspec.to_builtins(found)
    return document | {
        "timestamp": as_of,
        "mode": mode,
        "as_of": as_of,
        "coverage": summary.successful_exchanges / asked if asked else 0.0,
        "quality": quality(
            known=found.total_markets > 0, partial=not summary.validation_passed, stale=False, warming=False
        ),
        "schema": SCHEMA,
    }


def oi_document(
    keeper: UnifiedOpenInterest,
    symbols: Sequence[str],
    now: int,
    failed: Mapping[str, str] | None = None,
    mode: Mode = "live",
) -> dict[str, Any]:
    """Document of several coins: each one's reply under `symbols`, and the worst of them at the top.

    Parameters
    ----------
    keeper
        Has taken the facts.
    symbols
        Base coins, in the order of the document.
    now
        Time of the answer, UTC ns.
    failed
        Reason by venue that could not be asked.
    mode
        Where the facts come from.

    Examples
    --------
    >>> document = oi_document(UnifiedOpenInterest(["BTC"], ["okx"]), ["BTC"], 0, {"okx": "time-out"})
    >>> document["as_of"], document["coverage"], document["symbols"]["BTC"]["validation_summary"]["failed_details"]
    (None, 0.0, [{'exchange': 'okx', 'reason': 'time-out'}])
    """
    found = {symbol: keeper.snapshot_of(symbol, now, failed) for symbol in symbols}
    replies = {symbol: oi_reply(snapshot, mode) for symbol, snapshot in found.items()}
    times = [snapshot.timestamp for snapshot in found.values() if snapshot.timestamp is not None]
    return {
        "mode": mode,
        "as_of": iso(max(times)) if times else None,
        "coverage": min((reply["coverage"] for reply in replies.values()), default=0.0),
        "schema": SCHEMA,
        "symbols": replies,
    }


def gather(facts: Iterable[Fact], keeper: UnifiedOpenInterest) -> int:
    """Feed a finite stream to the keeper; receipt of its last fact, ns (0 if there is none)."""
    now = 0
    for fact in facts:
        keeper.take(fact)
        now = max(now, fact.ts)
    return now
