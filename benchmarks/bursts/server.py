"""The fake venues as a process that sends bursts: rendered before, written in pieces as a network brings them.

`FakeVenues.burst` sends frame by frame through the venue's own line, which costs more than receiving them. Here a piece
of a burst is one write of many frames, so that the receiver is what is measured. Liquidations go to whoever follows
them, tickers and marks to whoever subscribed that topic.
"""

import asyncio
import gc
import time
from collections import defaultdict
from typing import Any, Final

from benchmarks.bursts.talk import serve
from clri.collect.simulate.coins import COINS
from clri.collect.simulate.tape import Order
from clri.collect.simulate.voice import Told, Topic, VenueFrames
from clri.model.names import Venue
from clri.testing.fake_venues import FakeVenues
from clri.testing.fake_venues.burst import FIRST_NUMBER, takers
from clri.testing.fake_venues.line import MIDDLE, SHORT, Line
from clri.testing.fake_venues.protocol import encode

TICKERS: Final[dict[Venue, str]] = {"binance": "@ticker", "bybit": "tickers", "okx": "mark-price"}
"""Channel of each venue from which the receiver needs the newest only."""
RENDER_MS: Final = 0.12
"""Time that is left for rendering a frame."""


def framed(raw: bytes) -> bytes:
    """A text frame as it stands on the wire (RFC 6455)."""
    if len(raw) < SHORT:
        return bytes((0x81, len(raw))) + raw
    if len(raw) < MIDDLE:
        return b"\x81\x7e" + len(raw).to_bytes(2, "big") + raw
    return b"\x81\x7f" + len(raw).to_bytes(8, "big") + raw


def forced(voice: VenueFrames, k: int, at: int, first: int) -> Told:
    """Frame of the k-th liquidation of a burst; no two of one millisecond are alike."""
    now, coin = voice.view.now(at), k % len(COINS)
    c = COINS[coin]
    price = round(now.mark[coin] - 10.0**-c.digits * (k // len(COINS) % 50), c.digits)
    qty = round((1 + k % 97) * 10.0**-c.lot, c.lot)
    return voice.single(Order(at * 1_000_000, coin, voice.view.number, k % 3 > 0, price, price, qty, first + k), at)


class Bursts:
    """Bursts of the fake venues.

    Parameters
    ----------
    venues
        Running.
    """

    def __init__(self, venues: FakeVenues) -> None:
        self._venues = venues
        self._number = FIRST_NUMBER

    async def urls(self, asked: dict[str, Any]) -> Any:  # noqa: ARG002
        """Where they are."""
        return self._venues.urls

    async def lines(self, asked: dict[str, Any]) -> dict[str, list[int]]:  # noqa: ARG002
        """Numbers of the open connections by venue."""
        return {venue: [line.number for line in self._venues.lines(venue)] for venue in self._venues.urls}

    async def burst(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Send `per_s` frames a second, spread over `venues`, for `seconds`, to the connections `lines`.

        `share` of them are liquidations of one order, the others tickers or marks; a piece leaves each `piece_ms`.

        Returns
        -------
        dict
            `frames` sent by venue, `wall_s` from the first to the last write, and `rows` of what was sent: venue,
            symbol, side, price, qty, venue's time (ms), time of writing (ns).
        """
        count, per_s = int(asked["per_s"] * asked["seconds"]), float(asked["per_s"])
        wanted = {venue: set(numbers) for venue, numbers in asked["lines"].items()}
        start = self._venues.clock.ms() + int(count * RENDER_MS) + 100
        frames = self._rendered(asked["venues"], count, per_s, float(asked["share"]), start, wanted)
        gc.collect()
        gc.disable()
        await asyncio.sleep(max(0.0, (start - self._venues.clock.ms()) / 1000.0))
        written = await self._send(frames, per_s, asked["piece_ms"] / 1000.0)
        gc.enable()
        sent: dict[str, int] = defaultdict(int)
        rows: list[tuple[Any, ...]] = []
        for (told, _, lines), at in zip(frames, written, strict=True):
            if lines:
                sent[asked["venues"][0] if told is None else told[0]] += len(lines)
            if told is not None and lines:
                rows += [(*one[:5], one.at // 1_000_000, at) for one in told[1].sent]
        return {"frames": sent, "rows": rows, "wall_s": (written[-1] - written[0]) / 1e9}

    def _rendered(
        self, names: list[Venue], count: int, per_s: float, share: float, start: int, wanted: dict[str, set[int]]
    ) -> list[tuple[tuple[Venue, Told], bytes, list[Line]]]:
        voices = self._venues.market.voices
        open_lines = {v: [line for line in self._venues.lines(v) if line.number in wanted.get(v, ())] for v in names}
        self._venues.market.play()
        found, owed, last = [], 0.0, self._venues.clock.ms()
        for k in range(count):
            venue, at = names[k % len(names)], start + int(k * 1000 / per_s)
            voice = voices[venue]
            owed += share
            if owed >= 1.0:
                owed -= 1.0
                told = forced(voice, k // len(names), at, self._number)
                lines = takers(open_lines[venue], voice, told)
            else:
                raws = [voice.named.format(coin.symbol) for coin in COINS]
                topic = Topic(TICKERS[venue], raws[k // len(names) % len(raws)])
                told = Told(at, topic, voice.push(topic, min(at, last + 4000)))
                lines = [line for line in open_lines[venue] if topic in line.topics]
            found.append(((venue, told), framed(encode(told.frame)), lines))
        self._number += count
        return found

    async def _send(self, frames: list[Any], per_s: float, piece_s: float) -> list[int]:
        """Write them by the clock; when each was written (ns)."""
        written: list[int] = []
        since = time.monotonic()
        while len(written) < len(frames):
            due = min(len(frames), int((time.monotonic() - since) * per_s) + 1)
            pieces: dict[Line, list[bytes]] = defaultdict(list)
            for _, raw, lines in frames[len(written) : due]:
                for line in lines:
                    pieces[line].append(raw)
            now = time.time_ns()
            for line, parts in pieces.items():
                transport = line._request.transport  # noqa: SLF001 - the line itself writes frame by frame
                if transport is not None:
                    transport.write(b"".join(parts))
            written += [now] * (due - len(written))
            await asyncio.sleep(piece_s)
        return written


async def main() -> None:
    async with FakeVenues("calm", seed=1) as venues:
        bursts = Bursts(venues)
        await serve({"urls": bursts.urls, "lines": bursts.lines, "burst": bursts.burst})


if __name__ == "__main__":
    asyncio.run(main())
