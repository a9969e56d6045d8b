"""Frames of a channel that no longer have the form that is known: told before anything is misread (VENUES 7)."""

from collections.abc import Iterable
from typing import Final

from clri.collect.channels import channel_of_word
from clri.collect.crosscheck.known import CODES
from clri.collect.tally import Tally
from clri.model.control import FeedStatus, feed_status
from clri.model.names import Source, Venue
from clri.model.timebase import MINUTE

IN_A_ROW: Final = 3
MENDED_NS: Final = MINUTE


class Schema:
    """Channels of a venue of which three frames in a row lacked a required field or had times of another unit.

    They are told as down, label `schema`, and as up again once no such row of frames was seen for a minute. The frames
    themselves were put aside by the mapper; this only says so. It reads counts and no facts, hence it stands before
    the fact log: its statuses are facts like others. A channel of calls is named by the path that fails.

    Parameters
    ----------
    venue
        Whose mappers are asked.

    Examples
    --------
    >>> schema, tally = Schema("bybit"), Tally()
    >>> tally.streaks['"tickers.'] = (3, "time_unit")
    >>> [(status.channel, status.state, status.code) for status in schema.ask([tally], 1)]
    [('tickers', 'down', 'CLRI-FEED-012')]
    >>> tally.streaks.clear()
    >>> schema.ask([tally], 2), [status.state for status in schema.ask([tally], MINUTE + 1)]
    ([], ['up'])
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._broken: dict[str, int] = {}  # channel -> when it was last seen broken

    def ask(self, tallies: Iterable[Tally], now: int) -> list[FeedStatus]:
        """Statuses that follow from the counts at `now` (ns); to be asked each second or so."""
        found = {
            channel_of_word(self._venue, word): reason
            for tally in tallies
            for word, (count, reason) in tally.streaks.items()
            if count >= IN_A_ROW
        }
        out = []
        for channel in sorted(found):
            if channel not in self._broken:
                detail = f"{IN_A_ROW} frames in a row do not have the known form ({found[channel]}); they are put aside"
                out.append(self._status(channel, now, detail))
            self._broken[channel] = now
        for channel, at in sorted(self._broken.items()):
            if now - at >= MENDED_NS:
                del self._broken[channel]
                out.append(self._status(channel, now, None))
        return out

    def _status(self, channel: str, ts: int, detail: str | None) -> FeedStatus:
        src: Source = "rest" if channel.startswith("rest") else "ws"
        if detail is None:
            return feed_status(self._venue, channel, "up", ts, src=src)
        return feed_status(self._venue, channel, "down", ts, code=CODES["schema"], detail=f"schema: {detail}", src=src)
