"""What a data service's mapper is: a venue mapper without sockets, whose success is the service's own code."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from clri.collect.mapper import Item, VenueMapper
from clri.collect.providers.elsewhere import Elsewhere
from clri.collect.providers.told import REFUSED, UNREADABLE, Told
from clri.collect.providers.wallets import Wallets
from clri.collect.tally import Tally
from clri.collect.transport.limits import Limits
from clri.collect.transport.series import Series
from clri.model.errors import QuarantineError
from clri.model.names import FeedState


class Watch(msgspec.Struct, frozen=True):
    """What the services are asked about.

    Attributes
    ----------
    symbols
        Base coins.
    min_usd
        Least stablecoin transfer, USD.
    wallets
        Whose an address is.
    """

    symbols: tuple[str, ...] = ()
    min_usd: float = 1_000_000.0
    wallets: Wallets = Wallets()


class ProviderMapper(VenueMapper):
    """Base of the data services.

    A subclass says where its key goes (`header` or `query`; neither = it needs none), what it allows, what to call
    (`polls`, `series`), how replies are read (`replies`) and of which channel they are (`channels`, by a part of the
    path). A handler calls `works` when a reply says success, and raises `refusal` when it does not, whatever the HTTP
    status was; a reply that cannot be read puts its channel down, too.

    Parameters
    ----------
    watch
        What is asked about.
    elsewhere
        Takes figures of exchanges without an adapter.
    """

    url: ClassVar[str]
    limits: ClassVar[Limits]
    header: ClassVar[str] = ""
    query: ClassVar[str] = ""
    channels: ClassVar[tuple[tuple[str, str], ...]]

    def __init__(self, watch: Watch | None = None, elsewhere: Elsewhere | None = None) -> None:
        super().__init__()
        self.watch = Watch() if watch is None else watch
        self.elsewhere = Elsewhere() if elsewhere is None else elsewhere
        self.told = Told(self.venue)
        self.path = self.channel = ""
        self._statuses: list[Item] = []
        self._judged = False

    @classmethod
    def needs_key(cls) -> bool:
        """Whether it is not asked without a key."""
        return bool(cls.header or cls.query)

    def reply(self, path: str, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of one reply, and the FeedStatus of its channel where that changed; counted as any frame."""
        self.path, self.channel = path, self.channel_of(path)
        self._statuses, self._judged = [], False
        good = _good(self.tally)
        items = super().reply(path, raw, recv_ns)
        if self.channel and not self._judged and _good(self.tally) == good:
            self._statuses += self.told.down(self.channel, recv_ns, UNREADABLE, "a reply could not be read")
        return [*items, *self._statuses]

    def channel_of(self, path: str) -> str:
        """Channel of a call; "" if it is none that is used."""
        return next((channel for part, channel in self.channels if part in path), "")

    def works(self, recv_ns: int) -> None:
        """Note that the channel of the present reply delivers."""
        self._judged = True
        self._statuses += self.told.up(self.channel, recv_ns)

    def refusal(self, recv_ns: int, words: str, code: str = REFUSED, state: FeedState = "down") -> QuarantineError:
        """Note that the channel of the present reply does not deliver; the error to raise."""
        self._judged = True
        self._statuses += self.told.down(self.channel, recv_ns, code, words, state)
        return QuarantineError("refused", f"{self.venue} refused {self.channel}: {words[:200]}")

    def series(self) -> Sequence[Series]:
        """Calls that follow from replies."""
        return ()


def _good(tally: Tally) -> int:
    """Replies that could be read, n."""
    return sum(count for key, count in tally.frames.items() if not key.startswith("quarantined"))
