"""Decoders of Hyperliquid frames and replies."""

from typing import Final

import msgspec

from clri.collect.rows import PARTS, FrameDecoder, RowDecoder, each
from clri.collect.tally import Tally
from clri.collect.venues.hyperliquid.frames import (
    AnswerFrame,
    Candle,
    Coin,
    Ctx,
    CtxFrame,
    ErrorFrame,
    Fill,
    FillsFrame,
    Levels,
    LevelsFrame,
    Meta,
    PongFrame,
    Settled,
    SpotCtx,
    SpotStates,
    Vault,
)
from clri.model.errors import QuarantineError

ANSWER: Final = msgspec.json.Decoder(AnswerFrame)
ERROR: Final = msgspec.json.Decoder(ErrorFrame)
PONG: Final = msgspec.json.Decoder(PongFrame)
CTX: Final = msgspec.json.Decoder(CtxFrame, strict=False)
CTX_ROW: Final = msgspec.json.Decoder(Ctx, strict=False)
META: Final = msgspec.json.Decoder(Meta)
STATES: Final = msgspec.json.Decoder(tuple[Meta, list[Ctx]], strict=False)
STATES_APART: Final = msgspec.json.Decoder(tuple[Meta, list[msgspec.Raw]], strict=False)
SPOT_STATES: Final = FrameDecoder(SpotStates[list[SpotCtx]], SpotCtx)
BOOK: Final = msgspec.json.Decoder(LevelsFrame, strict=False)
BOOK_REPLY: Final = msgspec.json.Decoder(Levels, strict=False)
FILLS: Final = FrameDecoder(FillsFrame[list[Fill]], Fill, strict=True)
FILLS_REPLY: Final = RowDecoder(Fill, strict=True)
CANDLES: Final = RowDecoder(Candle)
SETTLED: Final = RowDecoder(Settled)
VAULT: Final = msgspec.json.Decoder(Vault)


def coins(raw: bytes) -> list[Coin]:
    """Perpetuals in a reply to meta, metaAndAssetCtxs or allPerpMetas (there of the first exchange only).

    Raises
    ------
    QuarantineError
        `shape` if a list of lists is empty.
    ValueError
        If the text holds no list of perpetuals.
    """
    if raw.lstrip().startswith(b"["):
        parts = PARTS.decode(raw)
        if not parts:
            raise QuarantineError("shape", "the list of perpetuals was empty; expected a universe first")
        return META.decode(parts[0]).universe
    return META.decode(raw).universe


def states(raw: bytes, tally: Tally) -> list[tuple[Coin, Ctx]]:
    """Every perpetual with its state: the n-th of the list owns the n-th state.

    Raises
    ------
    QuarantineError
        `shape` if list and states differ in length.
    ValueError
        If the text is no pair of a list and states, or no state has the expected fields.
    """
    try:
        meta, ctxs = STATES.decode(raw)
    except ValueError:
        meta, parts = STATES_APART.decode(raw)
        _same_length(meta, parts)
        return each(list(zip(meta.universe, parts, strict=True)), _state, tally)
    _same_length(meta, ctxs)
    return list(zip(meta.universe, ctxs, strict=True))


def _state(pair: tuple[Coin, msgspec.Raw]) -> list[tuple[Coin, Ctx]]:
    return [(pair[0], CTX_ROW.decode(pair[1]))]


def _same_length(meta: Meta, ctxs: list[Ctx] | list[msgspec.Raw]) -> None:
    if len(meta.universe) != len(ctxs):
        raise QuarantineError("shape", f"{len(meta.universe)} coins and {len(ctxs)} states; expected as many of each")
