"""Hyperliquid frames and replies to facts (VENUES 2.6).

Symbols of controls and expectations are the venue's names (for fills: the vault's address).
"""

import re
from collections.abc import Iterable
from typing import ClassVar, Final

import msgspec

from clri.collect import book, checks
from clri.collect.badrows import each_row
from clri.collect.event_id import Ordinals
from clri.collect.instruments import InstrumentTable, instrument
from clri.collect.mapper import Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.venues.hyperliquid import decoders, facts, feed, frames, liquidations
from clri.collect.venues.hyperliquid.replies import Replies
from clri.collect.venues.hyperliquid.settings import Settings
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument
from clri.model.names import Source, Venue

SETTLE: Final = "USDC"
MAX_DECIMALS: Final = 18
"""Most decimals of a size that a list may name."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9]{1,20}")
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

    def __init__(
        self,
        instruments: InstrumentTable | None = None,
        *,
        infer: bool = True,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(instruments)
        self._infer = infer
        self._settings = settings or Settings()
        self._replies = Replies(self.tally, self._listed, dict(self._settings.spot_coins))
        self._reply_user: str | None = None
        self.routes = (
            (b'"subscriptionResponse"', self._answer),
            (b'"activeAssetCtx"', self._state),
            (b'"l2Book"', self._book),
            (b'"userFills"', self._fills),
            (b'"channel":"user"', self._fills),
            (b'"channel": "user"', self._fills),
            (b'"pong"', self._pong),
            (b'"error"', self._error),
        )

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """One socket for these base coins and the vaults: those the venue has told, else those of the settings."""
        return feed.subscriptions(self._coins(symbols), self._replies.vaults or self._settings.vaults)

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls for these base coins."""
        return feed.polls(self._coins(symbols), self._settings.parent_vault)

    def instruments(self, raw: bytes, recv_ns: int = 0) -> list[Instrument]:
        """Perpetuals in a reply to meta, metaAndAssetCtxs or allPerpMetas (there the first exchange only)."""
        if raw.lstrip()[:1] == b"[":
            parts = decoders.RAWS.decode(raw)
            if not parts:
                raise QuarantineError("shape", "the list of perpetuals was empty; expected a universe first")
            raw = bytes(parts[0])
        return list(self._perpetuals(decoders.META.decode(raw).universe, recv_ns))

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
            ("allPerpMetas", self._listings),
            ('"type":"meta"', self._listings),
            ("info meta", self._listings),
            ("userFills", self._user_fills),
        )

    def _coins(self, symbols: Iterable[str]) -> list[str]:
        listed = [(ins.symbol, ins.raw) for ins in self.table if ins.market == "perp" and ins.raw is not None]
        coins: list[str] = []
        for symbol in dict.fromkeys(symbols):
            found = [raw for base, raw in listed if base == symbol]
            coins += found or ([symbol] if self._infer else [])
        return coins

    def _perpetuals(self, coins: Iterable[frames.Coin], recv_ns: int) -> Iterable[Instrument]:
        for coin in coins:
            if coin.is_delisted:
                self.tally.row_ignored("delisted")
            elif ":" in coin.name:
                self.tally.row_ignored("other_dex_off")
            elif coin.sz_decimals is not None and not 0 <= coin.sz_decimals <= MAX_DECIMALS:
                self.tally.row_quarantined("range", msgspec.json.encode(coin))
            else:
                yield _perpetual(coin.name, recv_ns, coin.sz_decimals)

    def _listed(self, raw: str) -> Instrument | None:
        found = self.table.find(raw)
        if found is not None:
            return found
        if ":" in raw:
            reason = "other_dex_off"
        elif raw.startswith("@") or "/" in raw:
            reason = "spot_pair_off"
        elif self._infer and _PLAIN.fullmatch(raw):
            found = _perpetual(raw, 0, None)
            self.table.update([found])
            return found
        else:
            reason = "unknown_symbol"
        self.tally.row_ignored(reason)
        return None

    def _answer(self, raw: bytes, _recv_ns: int) -> Iterable[Item]:
        topic = decoders.ANSWER.decode(raw).data.subscription
        return [Control("ack", topic.type, topic.coin or topic.user)]

    def _error(self, raw: bytes, _recv_ns: int) -> Iterable[Item]:
        return [Control("nack", reason=decoders.ERROR.decode(raw).data)]

    def _pong(self, raw: bytes, _recv_ns: int) -> Iterable[Item]:
        decoders.PONG.decode(raw)
        return [Control("pong")]

    def _state(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        data = decoders.CTX.decode(raw).data
        ins = self._listed(data.coin)
        return () if ins is None else facts.state(data.ctx, ins, recv_ns, "ws")

    def _states(self, raw: bytes, recv_ns: int, *, symbol: str | None = None) -> Iterable[Item]:
        """Instruments that are new or changed, then the facts of every perpetual."""
        del symbol
        pairs = decoders.states(raw, self.tally)
        news = []
        for ins in self._perpetuals((coin for coin, _ in pairs), recv_ns):
            old = self.table.find(ins.raw or "")
            if old is None or old.qty_step != ins.qty_step:
                news.append(ins)
        self.table.update(news)

        def make(pair: tuple[frames.Coin, frames.Ctx], at: int) -> Iterable[Item]:
            coin, ctx = pair
            ins = None if coin.is_delisted else self.table.find(coin.name)
            return () if ins is None else facts.state(ctx, ins, at, "rest")

        return [*news, *each_row(pairs, make, recv_ns, self.tally)]

    def _listings(self, raw: bytes, recv_ns: int, *, symbol: str | None = None) -> Iterable[Item]:
        del symbol
        found = self.instruments(raw, recv_ns)
        self.table.update(found)
        return found

    def _book(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        data = decoders.BOOK.decode(raw).data
        ins = self._listed(data.coin)
        if ins is None:
            return ()
        bids, asks = (facts.levels(side, ins.multiplier) for side in data.levels)
        ts_venue = checks.ms(data.time)
        fact = book.book(recv_ns, ts_venue, ins.symbol, "hyperliquid", data.coin, "ws", None, bids, asks)
        if fact.valid:
            self._replies.keep_top(data.coin, fact.bids[0][0], fact.asks[0][0], recv_ns)
        return (fact,)

    def _fills(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        data = decoders.fills(raw, self.tally)
        return self._liquidations(data.fills, data.user, recv_ns, "ws", backfill=data.is_snapshot)

    def _user_fills(self, raw: bytes, recv_ns: int, *, symbol: str | None = None) -> Iterable[Item]:
        del symbol
        rows = decoders.rows(decoders.FILLS_REPLY, decoders.FILL, raw, self.tally)
        return self._liquidations(rows, self._reply_user, recv_ns, "rest", backfill=True)

    def _liquidations(
        self, rows: list[frames.Fill], user: str | None, recv_ns: int, src: Source, *, backfill: bool
    ) -> Iterable[Item]:
        """Fills that carry a liquidation; all others are ordinary trades, whatever `dir` or `hash` say."""
        ordinals = Ordinals() if len(rows) > 1 else None

        def make(fill: frames.Fill, at: int) -> Iterable[Item]:
            forced = fill.liquidation
            if forced is None:
                self.tally.row_ignored("not_liquidation")
                return ()
            ins = self._listed(fill.coin)
            if ins is None:
                return ()
            side = liquidations.closed_side(fill, forced.liquidated_user, user)
            if side is None:
                self.tally.row_ignored("user_not_said")
                return ()
            raws = liquidations.raws_of(fill, forced.liquidated_user)
            ids = (raws, 0 if ordinals is None else ordinals.of(raws))
            return (liquidations.liquidation(fill, ins, side, forced.method, ids, at, src, backfill=backfill),)

        return each_row(rows, make, recv_ns, self.tally)


def _perpetual(name: str, recv_ns: int, decimals: int | None) -> Instrument:
    step = None if decimals is None else 10.0**-decimals
    return instrument(recv_ns, "hyperliquid", name, name, SETTLE, qty_step=step, funding_interval_h=facts.INTERVAL_H)
