"""Decoders of Hyperliquid frames and replies; a frame of rows that fails as a whole is decoded row by row."""

from typing import Final

import msgspec

from clri.collect.badrows import salvage
from clri.collect.tally import Tally
from clri.collect.venues.hyperliquid.frames import (
    AnswerFrame,
    Candle,
    Coin,
    Ctx,
    CtxFrame,
    ErrorFrame,
    Fill,
    Fills,
    FillsFrame,
    Levels,
    LevelsFrame,
    Meta,
    PongFrame,
    Row,
    Settled,
    SpotCtx,
    SpotMeta,
    Vault,
)
from clri.model.errors import QuarantineError

RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
ANSWER: Final = msgspec.json.Decoder(AnswerFrame)
ERROR: Final = msgspec.json.Decoder(ErrorFrame)
PONG: Final = msgspec.json.Decoder(PongFrame)
CTX: Final = msgspec.json.Decoder(CtxFrame, strict=False)
CTX_ROW: Final = msgspec.json.Decoder(Ctx, strict=False)
META: Final = msgspec.json.Decoder(Meta)
META_CTXS: Final = msgspec.json.Decoder(tuple[Meta, list[Ctx]], strict=False)
META_SHELL: Final = msgspec.json.Decoder(tuple[Meta, list[msgspec.Raw]], strict=False)
SPOT: Final = msgspec.json.Decoder(tuple[SpotMeta, list[SpotCtx]], strict=False)
SPOT_SHELL: Final = msgspec.json.Decoder(tuple[SpotMeta, list[msgspec.Raw]], strict=False)
SPOT_ROW: Final = msgspec.json.Decoder(SpotCtx, strict=False)
BOOK: Final = msgspec.json.Decoder(LevelsFrame, strict=False)
BOOK_REPLY: Final = msgspec.json.Decoder(Levels, strict=False)
FILLS: Final = msgspec.json.Decoder(FillsFrame[Fill])
FILLS_SHELL: Final = msgspec.json.Decoder(FillsFrame[msgspec.Raw])
FILLS_REPLY: Final = msgspec.json.Decoder(list[Fill])
FILL: Final = msgspec.json.Decoder(Fill)
CANDLES: Final = msgspec.json.Decoder(list[Candle], strict=False)
CANDLE: Final = msgspec.json.Decoder(Candle, strict=False)
SETTLED: Final = msgspec.json.Decoder(list[Settled], strict=False)
SETTLED_ROW: Final = msgspec.json.Decoder(Settled, strict=False)
VAULT: Final = msgspec.json.Decoder(Vault)


def rows(whole: msgspec.json.Decoder[list[Row]], row: msgspec.json.Decoder[Row], raw: bytes, tally: Tally) -> list[Row]:
    """Rows of a reply that is a list; if it fails as a whole, row by row.

    Raises
    ------
    QuarantineError
        `schema` if no row has the expected fields.
    ValueError
        If the text is no list.
    """
    try:
        return whole.decode(raw)
    except (ValueError, RecursionError):
        return salvage(RAWS.decode(raw), row.decode, tally)


def fills(raw: bytes, tally: Tally) -> Fills[Fill]:
    """Fills of a frame; if it fails as a whole, row by row. Raises like `rows`."""
    try:
        return FILLS.decode(raw).data
    except (ValueError, RecursionError):
        shell = FILLS_SHELL.decode(raw).data
        return Fills(salvage(shell.fills, FILL.decode, tally), shell.user, shell.is_snapshot)


def states(raw: bytes, tally: Tally) -> list[tuple[Coin, Ctx]]:
    """Every perpetual with its state: the n-th of the list owns the n-th state.

    Raises
    ------
    QuarantineError
        `shape` if list and states differ in length; `schema` if no state has the expected fields.
    ValueError
        If the text is no pair of a list and states.
    """
    try:
        meta, ctxs = META_CTXS.decode(raw)
    except (ValueError, RecursionError):
        meta, parts = META_SHELL.decode(raw)
        _same_length(meta, parts)
        pairs = list(zip(meta.universe, parts, strict=True))
        return salvage(pairs, lambda pair: (pair[0], CTX_ROW.decode(pair[1])), tally)
    _same_length(meta, ctxs)
    return list(zip(meta.universe, ctxs, strict=True))


def _same_length(meta: Meta, ctxs: list[Ctx] | list[msgspec.Raw]) -> None:
    if len(meta.universe) != len(ctxs):
        raise QuarantineError("shape", f"{len(meta.universe)} coins and {len(ctxs)} states; expected as many of each")


def spot_states(raw: bytes, tally: Tally) -> tuple[SpotMeta, list[SpotCtx]]:
    """Spot tokens, pairs and states; if the states fail as a whole, row by row. Raises like `rows`."""
    try:
        return SPOT.decode(raw)
    except (ValueError, RecursionError):
        meta, parts = SPOT_SHELL.decode(raw)
        return meta, salvage(parts, SPOT_ROW.decode, tally)
