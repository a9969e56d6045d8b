"""Etherscan's replies as facts: each large transfer, mint and burn once."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final, Literal
from urllib.parse import parse_qs

import msgspec

from clri.collect.mapper import Item, Poll, ReplyHandler
from clri.collect.providers.elsewhere import Elsewhere
from clri.collect.providers.etherscan.flows import flow_of
from clri.collect.providers.etherscan.replies import ENVELOPE, TEXT, Move, hexadecimal, of_log, of_transfer
from clri.collect.providers.etherscan.seen import Seen
from clri.collect.providers.etherscan.sweep import MOST_BEHIND, Sweep
from clri.collect.providers.etherscan.tokens import BY_EVENT, CHAIN_ID, TOPICS, UNIT
from clri.collect.providers.mapper import ProviderMapper, Watch
from clri.collect.providers.told import KEY_REFUSED, RATE_LIMITED, REFUSED, UNREADABLE
from clri.collect.rows import PARTS, each
from clri.collect.tally import REFUSALS
from clri.collect.transport.limits import Limits
from clri.collect.transport.series import Series
from clri.model.errors import QuarantineError
from clri.model.facts import StablecoinTransfer
from clri.model.names import MARKET, Venue
from clri.model.timebase import SECOND

BLOCK_NS: Final = 12 * SECOND

Meaning = Literal["key", "slow", "much", "other"]
_MEANINGS: Final[tuple[tuple[Meaning, tuple[str, ...]], ...]] = (
    ("key", ("api key", "apikey")),
    ("much", ("window is too large", "timeout", "timed out", "smaller result", "too many results")),
    ("slow", ("rate limit", "max calls", "too many")),
)
"""What the service's words mean; the first that holds one of them wins."""


class EtherscanMapper(ProviderMapper):
    """USDT and USDC on Ethereum: transfers of at least `min_usd`, classified by labelled wallets; mints and burns.

    The symbol is MARKET, one token counts as one US dollar. USDT on other chains, most of all on Tron, is not seen.
    A USDC that Circle's bridge moves to another chain is burned here, and counts so.

    Attributes
    ----------
    sweep
        Which calls come next.
    seen
        Transfers that were told already.
    """

    venue: ClassVar[Venue] = "etherscan"
    url: ClassVar[str] = "https://api.etherscan.io/v2/api"
    limits: ClassVar[Limits] = Limits(3.0, 1.0)
    query: ClassVar[str] = "apikey"
    channels: ClassVar[tuple[tuple[str, str], ...]] = (
        (f"topic0={TOPICS['issue']}", "supply_events"),
        (f"topic0={TOPICS['redeem']}", "supply_events"),
        ("action=", "transfers"),
    )

    def __init__(self, watch: Watch | None = None, elsewhere: Elsewhere | None = None) -> None:
        super().__init__(watch, elsewhere)
        self.sweep = Sweep()
        self.seen = Seen()
        self._least = math.ceil(self.watch.min_usd * UNIT)

    def polls(self, symbols: Iterable[str]) -> list[Poll]:  # noqa: ARG002 - it knows no symbols
        """None: all calls follow from replies."""
        return []

    def series(self) -> Sequence[Series]:
        """The one series of calls."""
        return (self.sweep,)

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of replies by a part of their path."""
        return (("eth_blockNumber", self._head), ("getLogs", self._logs), ("tokentx", self._transfers))

    def _head(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        told = ENVELOPE.decode(raw)
        try:
            head = hexadecimal(TEXT.decode(told.result))
        except REFUSALS:
            raise self._refused(recv_ns, _words(told.result, told.message)) from None
        if not head:
            raise self._refused(recv_ns, "the newest block was 0")
        self.sweep.begin(head)
        self.seen.forget(head)
        if self.sweep.skipped:
            end = recv_ns - MOST_BEHIND * BLOCK_NS
            self._statuses += self.told.gap(self.channel, recv_ns, end - self.sweep.skipped * BLOCK_NS, end)
        return []

    def _logs(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        return self._rows(raw, recv_ns, of_log)

    def _transfers(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        return self._rows(raw, recv_ns, of_transfer)

    def _asked(self) -> dict[str, str]:
        """Fields of the query as called."""
        return {name: values[-1] for name, values in parse_qs(self.path.partition("?")[2]).items()}

    def _rows(self, raw: bytes, recv_ns: int, move_of: Callable[[msgspec.Raw], Move]) -> list[Item]:
        parts = self._parts(raw, recv_ns)
        if parts is None:
            self.tally.row_ignored("too_much")
            return []
        if self._asked().get("page") == "1":
            self.seen.begin()
        try:
            items = each(parts, self._facts, self.tally, move_of, recv_ns) if parts else []
        except REFUSALS as error:
            raise self.refusal(recv_ns, f"no row could be read: {error}", UNREADABLE) from error
        self.sweep.answered(len(parts))
        if self.sweep.done(self.channel):
            self.works(recv_ns)
        return items

    def _parts(self, raw: bytes, recv_ns: int) -> list[msgspec.Raw] | None:
        """Rows of a reply that says success or that there is nothing; None if less must be asked for at once."""
        told = ENVELOPE.decode(raw)
        success = str(told.status) == "1" or (told.message or "").startswith("No ")
        if success and bytes(told.result).lstrip().startswith(b"["):
            return PARTS.decode(told.result)
        words, current = _words(told.result, told.message), self.sweep.current
        refusal = _meaning(words)
        if current is not None and (refusal == "much" or (refusal == "other" and current.page > 1)):
            self.sweep.too_much()
            return None
        raise self._refused(recv_ns, words)

    def _refused(self, recv_ns: int, words: str) -> QuarantineError:
        meaning = _meaning(words)
        if meaning == "key":
            self.sweep.refused(slow_down=True)
            return self.refusal(recv_ns, f"key refused: {words}", KEY_REFUSED)
        if meaning == "slow":
            self.sweep.refused(slow_down=True)
            return self.refusal(recv_ns, words, RATE_LIMITED, "rate_limited")
        self.sweep.refused()
        return self.refusal(recv_ns, words, REFUSED)

    def _facts(self, part: msgspec.Raw, move_of: Callable[[msgspec.Raw], Move], recv_ns: int) -> list[Item]:
        move = move_of(part)
        stream = BY_EVENT.get((move.contract, move.kind))
        if stream is None:
            raise QuarantineError("schema", f"{move.kind} of contract {move.contract}; expected USDT or USDC")
        if move.units < self._least:
            return []
        if not self.seen.is_new(move):
            self.tally.row_ignored("seen")
            return []
        known, live_from = self.watch.wallets, self.sweep.live_from
        return [
            StablecoinTransfer(
                recv_ns,
                move.ts,
                MARKET,
                self.venue,
                "chain",
                move.contract,
                "chain",
                None,
                live_from is not None and move.block <= live_from,
                CHAIN_ID,
                stream.token,
                move.units / UNIT,
                move.sender,
                move.to,
                known.label(move.sender),
                known.label(move.to),
                flow_of(move.sender, move.to, known),
                move.tx,
                move.log_index,
                move.block,
            )
        ]


def _meaning(words: str) -> Meaning:
    low = words.lower()
    return next((meaning for meaning, parts in _MEANINGS if any(part in low for part in parts)), "other")


def _words(result: msgspec.Raw, message: str | None) -> str:
    """What the service says, where it says anything."""
    try:
        return TEXT.decode(result)
    except ValueError:
        return message or "no reason given"
