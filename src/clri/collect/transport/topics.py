"""Which expected topics a frame belongs to, found from its text, as mappers do not say (one rule for all venues)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from clri.collect.mapper import HEAD, Expect
from clri.collect.tally import SAMPLE_BYTES, Tally
from clri.collect.transport.watchdog import Key
from clri.model.facts import Fact

_NAMED: Final = re.compile(rb'(?:"(?:symbol|instId|contract|coin|user|s)"\s*:\s*"|\.)([A-Za-z0-9_:@-]+)"')
"""A symbol as a field, or as the last part of a topic (`tickers.BTCUSDT`)."""

_WHOLE: Final = rb"(?<![\w-])%s(?![\w-])"
"""A symbol that is no part of a longer one: PEPEUSDT is not 1000PEPEUSDT."""


class Topics:
    """Topics of one socket.

    Examples
    --------
    >>> topics = Topics([Expect("tickers", "BTCUSDT", 10.0), Expect("allLiquidation", "BTCUSDT", None)])
    >>> topics.of(b'{"topic":"tickers.BTCUSDT","type":"delta"}', [])
    [('tickers', 'BTCUSDT')]
    """

    def __init__(self, expect: Iterable[Expect]) -> None:
        found: dict[str, set[str | None]] = {}
        for one in expect:
            found.setdefault(one.channel, set()).add(one.symbol)
        # The longest first: `index-tickers` before `tickers`. Answers are made once; nobody changes them.
        self._channels = [
            (word.encode(), word, found[word], {symbol: [(word, symbol)] for symbol in found[word]})
            for word in sorted(found, key=len, reverse=True)
        ]

    def of(self, raw: bytes, facts: Sequence[Fact]) -> list[Key]:
        """Topics that this frame is data of; a frame of many symbols belongs to the topics of all of them."""
        head = raw[:HEAD]
        for word, channel, symbols, made in self._channels:
            if word in head:
                if None in made:
                    if len(made) == 1:
                        return made[None]
                elif len(facts) == 1 and facts[0].raw in made:  # by far the most frequent
                    return made[facts[0].raw]
                return [(channel, symbol) for symbol in _symbols(symbols, head, facts)]
        return []


def _symbols(expected: set[str | None], head: bytes, facts: Sequence[Fact]) -> Iterator[str | None]:
    if None in expected:
        yield None
    named = {fact.raw for fact in facts if fact.raw in expected}
    if not named:
        named = {text for found in _NAMED.findall(head) if (text := found.decode()) in expected}
    yield from (symbol for symbol in named if symbol is not None)


def covers(frame: bytes, key: Key) -> bool:
    """Whether a subscribe frame asks for a topic; venues spell symbols in either case."""
    channel, symbol = key
    if channel.encode() not in frame:
        return False
    return symbol is None or re.search(_WHOLE % re.escape(symbol).encode(), frame, re.IGNORECASE) is not None


def broken(tally: Tally, raw: bytes) -> bool:
    """Whether the mapper has just put this frame or reply aside: its start is the newest sample."""
    return bool(tally.samples) and tally.samples[-1][1] == raw[:SAMPLE_BYTES]
