"""Hyperliquid frames and replies to facts (VENUES 2.6).

Symbols of controls and expectations are the venue's names (for fills: the vault's address).
"""

import re
from collections.abc import Iterable
from typing import ClassVar, Final

from clri.collect import checks
from clri.collect.book import book, levels
from clri.collect.instruments import InstrumentTable
from clri.collect.listing import Listing
from clri.collect.mapper import Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rows import each
from clri.collect.venues.hyperliquid import decoders, facts, feed, frames, symbols
from clri.collect.venues.hyperliquid.liquidations import Fills
from clri.collect.venues.hyperliquid.replies import Replies
from clri.collect.venues.hyperliquid.settings import Settings
from clri.model.instrument import Instrument
from clri.model.names import Source, Venue

_USER: Final = re.compile(r'"user":"(0x[0-9A-Fa-f]+)"')


class HyperliquidMapper(VenueMapper):
    """Mapper of Hyperliquid.

    Parameters
    ----------
    instruments
        Contracts; a contract is one coin (or 1000 for k names) by definition.
    infer
        True: a plain name that is not listed counts as a perpetual of that coin, for files decoded without the
        venue's list. A collector that has loaded the list passes False.
    settings
        Vaults to follow and spot tokens to use.
    """

    venue: ClassVar[Venue] = "hyperliquid"
    asked_first: ClassVar[tuple[str, ...]] = ("states", "vaults")
    shared: ClassVar[bool] = True

    def __init__(
        self, instruments: InstrumentTable | None = None, *, infer: bool = True, settings: Settings | None = None
    ) -> None:
        super().__init__(instruments)
        self._settings = settings or Settings()
        self._listing = Listing(self.table, self.tally, symbols.perp_of, lambda _: None, infer=infer)
        self._fills = Fills(self._listing, self.tally)
        self._replies = Replies(self._listing, self.tally, dict(self._settings.spot_coins))
        self._reply_user: str | None = None
        self.route(
            {
                b'"subscriptionResponse"': self._answer,
                b'"activeAssetCtx"': self._state,
                b'"l2Book"': self._book,
                b'"userFills"': self._fills_frame,
                b'"channel":"user"': self._fills_frame,
                b'"channel": "user"': self._fills_frame,
                b'"pong"': self._pong,
                b'"error"': self._error,
            }
        )

    def _tracked(self, coins: Iterable[str]) -> list[str]:
        return [str(row.raw) for group in self._listing.tracked(coins, "{}") for row in group]

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """One socket for these base coins and the vaults: those the venue has told, else those of the settings."""
        return feed.subscriptions(self._tracked(symbols), self._replies.vaults or self._settings.vaults)

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls for these base coins."""
        return feed.polls(self._tracked(symbols), self._settings.parent_vault)

    def contracts(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Perpetuals in a reply to meta, metaAndAssetCtxs or allPerpMetas (there the first exchange only)."""
        return each(decoders.coins(raw), self._contract, self.tally, recv_ns)

    def _contract(self, coin: frames.Coin, recv_ns: int) -> list[Instrument]:
        return self._listing.admit(coin.name, symbols.contract(coin, recv_ns))

    def reply(self, path: str, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of one reply to POST /info; `path` ends with the body, with or without spaces after colons."""
        path = path.replace('": ', '":')
        named = _USER.search(path)
        self._reply_user = named.group(1) if named else None
        return super().reply(path, raw, recv_ns)

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers by a part of the path and body."""
        return (
            *self._replies.handlers(),
            ("metaAndAssetCtxs", self._states),
            ("allPerpMetas", self.listed),
            ('"type":"meta"', self.listed),
            ("info meta", self.listed),
            ("userFills", self._fills_reply),
        )

    def _answer(self, raw: bytes, _recv_ns: int) -> list[Item]:
        topic = decoders.ANSWER.decode(raw).data.subscription
        return [Control("ack", topic.type, topic.coin or topic.user)]

    def _error(self, raw: bytes, _recv_ns: int) -> list[Item]:
        return [Control("nack", reason=decoders.ERROR.decode(raw).data)]

    def _pong(self, raw: bytes, _recv_ns: int) -> list[Item]:
        decoders.PONG.decode(raw)
        return [Control("pong")]

    def _state(self, raw: bytes, recv_ns: int) -> list[Item]:
        data = decoders.CTX.decode(raw).data
        listed = self._listing.perp(data.coin)
        return [] if listed is None else facts.state(data.ctx, listed, recv_ns, "ws")

    def _states(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        """Instruments that are new or changed, then the facts of every perpetual."""
        news: list[Item] = []
        items = each(decoders.states(raw, self.tally), self._listed_state, self.tally, recv_ns, news)
        return news + items

    def _listed_state(self, pair: tuple[frames.Coin, frames.Ctx], recv_ns: int, news: list[Item]) -> list[Item]:
        coin, ctx = pair
        found = self._contract(coin, recv_ns)
        if not found:
            return []
        known, listed = self.table.find(coin.name), found[0]
        if known is None or known.qty_step != listed.qty_step:
            self.table.update((listed,))
            news.append(listed)
        return facts.state(ctx, listed, recv_ns, "rest")

    def _book(self, raw: bytes, recv_ns: int) -> list[Item]:
        data = decoders.BOOK.decode(raw).data
        listed = self._listing.perp(data.coin)
        if listed is None:
            return []
        bids, asks = (levels(side, listed) for side in data.levels)
        fact = book(recv_ns, checks.ms(data.time), listed, None, bids, asks)
        if fact.valid:
            self._replies.keep_top(data.coin, fact.bids[0][0], fact.asks[0][0], recv_ns)
        return [fact]

    def _fills_frame(self, raw: bytes, recv_ns: int) -> list[Item]:
        frame, rows = decoders.FILLS.decode(raw, self.tally)
        return self._liquidations(rows, frame.data.user, recv_ns, "ws", frame.data.is_snapshot)

    def _fills_reply(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        rows = decoders.FILLS_REPLY.decode(raw, self.tally)
        return self._liquidations(rows, self._reply_user, recv_ns, "rest", True)

    def _liquidations(
        self,
        rows: list[frames.Fill],
        user: str | None,
        recv_ns: int,
        src: Source,
        old: bool,  # noqa: FBT001
    ) -> list[Item]:
        seen: dict[str, int] = {}
        return each(rows, self._fills.facts, self.tally, user, seen, recv_ns, src, old)
