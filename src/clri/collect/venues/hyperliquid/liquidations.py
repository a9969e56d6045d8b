"""Liquidations as seen in the fills of followed vaults (VENUES 2.6): partial, at the price of the fill."""

from typing import Final

from clri.collect import checks
from clri.collect.event_id import event_id, rank_of
from clri.collect.facts import liquidation
from clri.collect.listing import Listing
from clri.collect.mapper import Item
from clri.collect.tally import Tally
from clri.collect.venues.hyperliquid.frames import Fill
from clri.model.errors import QuarantineError
from clri.model.names import Method, Side, Source

_METHODS: Final[dict[str, Method]] = {"market": "market", "backstop": "backstop"}


def closed_side(fill: Fill, liquidated: str, user: str | None) -> Side | None:
    """Side of the liquidated position, or None if the fill's owner is unknown and may be the liquidated user.

    A user who is not the liquidated one took over the position: what he bought was a LONG. A fill that opens a
    position cannot be the owner's own liquidation.
    """
    if user is None and not fill.dir.startswith("Open"):
        return None
    bought = fill.side == "B"
    own = user is not None and user.lower() == liquidated.lower()
    return "LONG" if bought != own else "SHORT"


class Fills:
    """Fills that carry a liquidation; all others are ordinary trades, whatever `dir` or `hash` say."""

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally

    def facts(
        self,
        fill: Fill,
        user: str | None,
        seen: dict[str, int],
        recv_ns: int,
        src: Source,
        old: bool,  # noqa: FBT001
    ) -> list[Item]:
        """Liquidation seen in a fill of `user`: price of the fill, size in coins.

        Parameters
        ----------
        seen
            Rows of the frame so far, for the ordinal of the id.
        old
            Whether it is back-fill.

        Raises
        ------
        QuarantineError
            `schema` if the fill has no tid.
        """
        forced = fill.liquidation
        if forced is None:
            self._tally.row_ignored("not_liquidation")
            return []
        listed = self._listing.perp(fill.coin)
        if listed is None:
            return []
        liquidated = forced.liquidated_user
        side = closed_side(fill, liquidated, user)
        if side is None:
            self._tally.row_ignored("user_not_said")
            return []
        if fill.tid is None:
            raise QuarantineError("schema", f"a liquidation of {fill.coin} has no tid; expected one, even 0")
        raws = f"{fill.coin}|{fill.tid}|{fill.time}|{liquidated}|{fill.px}|{fill.sz}"
        identity = event_id("hyperliquid", raws, rank_of(raws, seen))
        price, size, ts = checks.number(fill.px), checks.number(fill.sz), checks.ms(fill.time)
        method = _METHODS.get(forced.method, "unknown")
        return [
            liquidation(
                recv_ns,
                ts,
                listed,
                side,
                price,
                "fill",
                size,
                "partial",
                identity,
                src=src,
                backfill=old,
                method=method,
            )
        ]
