"""Each transfer once, although blocks are read again in case the chain was reorganised."""

from collections import OrderedDict
from typing import Final

from clri.collect.event_id import rank_of
from clri.collect.providers.etherscan.replies import Move

KEEP_BLOCKS: Final = 600
"""Blocks (two hours) after which a move is forgotten: nothing so old is asked for again."""
MOST: Final = 100_000


class Seen:
    """Moves seen lately.

    Notes
    -----
    A move is its transaction, its two ends, its amount, and its rank among equal moves of that transaction: so twins
    in one transaction both count, a move that a reorganisation gave another index in its block does not count twice,
    and the rows of both calls, of which one tells no index, are the same moves.

    Examples
    --------
    >>> move = Move("0xc", "transfer", "0xa", "0xb", 5, "0xt", 1, 100, 0)
    >>> seen = Seen()
    >>> seen.begin()
    >>> seen.is_new(move), seen.is_new(move)
    (True, True)
    >>> seen.begin()
    >>> seen.is_new(move), seen.is_new(move), seen.is_new(move)
    (False, False, True)
    """

    def __init__(self) -> None:
        self._moves: OrderedDict[str, int] = OrderedDict()
        self._ranks: dict[str, int] = {}
        self.duplicates = 0

    def begin(self) -> None:
        """The next move is the first of a range of blocks, which is read from its start."""
        self._ranks = {}

    def is_new(self, move: Move) -> bool:
        """Whether it comes for the first time."""
        raws = f"{move.contract}|{move.kind}|{move.tx}|{move.sender}|{move.to}|{move.units}"
        key = f"{raws}|{rank_of(raws, self._ranks)}"
        if key in self._moves:
            self.duplicates += 1
            return False
        self._moves[key] = move.block
        while len(self._moves) > MOST:
            self._moves.popitem(last=False)
        return True

    def forget(self, head: int) -> None:
        """Drop what is too old to come again at block `head`."""
        while self._moves and next(iter(self._moves.values())) < head - KEEP_BLOCKS:
            self._moves.popitem(last=False)

    def __len__(self) -> int:
        return len(self._moves)
