"""Gate's tickers: one row is mark and funding, open interest, and turnover."""

from typing import Final

from clri.collect import checks
from clri.collect.facts import mark_funding, open_interest, ticker
from clri.collect.listing import Listing
from clri.collect.mapper import Item
from clri.collect.tally import Tally
from clri.collect.values import blank
from clri.collect.venues.gate.frames import Day
from clri.model.names import Source

SIDES_COUNTED: Final = 1.0
"""Sides of the market in `total_size`. Unverified: captures of 2026 show it at twice the contract's `position_size`,
which would make it 2; the first live run decides (VENUES 12)."""


class Tickers:
    """Facts of ticker rows.

    Attributes
    ----------
    next_funding
        Coming settlement by contract, ns, as the contract list told it; for rows that do not.
    """

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self.next_funding: dict[str, int] = {}
        self._listing = listing
        self._tally = tally

    def facts(self, row: Day, recv_ns: int, frame_ns: int | None, src: Source) -> list[Item]:
        """Facts of one row, as far as it has values.

        Parameters
        ----------
        frame_ns
            Time of the frame, used if the row has none of its own.
        """
        listed = self._listing.perp(row.contract)
        if listed is None:
            return []
        marks = self._listing.marks
        ts = frame_ns if row.t is None else checks.ms(row.t)
        items: list[Item] = []
        if (mark := blank(row.mark_price)) is not None:
            interval = blank(row.funding_interval)
            hours = checks.interval_h(interval / 3600.0) if interval else None
            following = self._following(row, ts or recv_ns)
            fact = mark_funding(
                recv_ns, ts, listed, src, mark, row.index_price, row.funding_rate, following, interval_h=hours
            )
            marks[row.contract] = fact.mark
            items.append(fact)
        contracts = blank(row.total_size)
        if contracts is not None and self._listing.has_size(listed):
            contracts /= SIDES_COUNTED
            size, price = contracts * listed.contract_size, marks.get(row.contract)
            items.append(open_interest(recv_ns, ts, listed, src, size, price, contracts=contracts))
        if last := blank(row.last):
            base, quote, change = row.volume_24h_base, row.volume_24h_quote, blank(row.change_percentage)
            items.append(ticker(recv_ns, ts, listed, src, last, base, quote, change, row.highest_bid, row.lowest_ask))
        if not items:
            self._tally.row_ignored("no_value")
        return items

    def _following(self, row: Day, now: int) -> int | None:
        told = blank(row.funding_next_apply)
        following = checks.seconds(told) if told else self.next_funding.get(row.contract)
        return following if following is not None and following > now else None
