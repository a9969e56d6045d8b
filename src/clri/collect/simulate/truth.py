"""Ground truth beside a run, as JSON lines: what really happened (SIMULATION 6).

orders    every forced order, the frame that told it, or why none did
cascades  bursts by SCORES 5 over the unthrottled stream, and starts by label C
levels    where positions would be liquidated, every 5 min (gzip)
state     prices, volatility, leverage, queues by symbol and second; by minute in history
labels    what the scenario does, and what an observer should find
"""

import gzip
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final, Self, cast

import msgspec
import numpy as np

from clri.collect.simulate.bursts import WINDOW_S, Burst, Bursts, Hit, LabelC
from clri.collect.simulate.coins import COINS, PLACES, SYMBOLS, TIERS
from clri.collect.simulate.frames import Spoken
from clri.collect.simulate.market.output import ASKS, BIDS, INNER, MARK
from clri.collect.simulate.market.output import COINS as HELD
from clri.collect.simulate.market.state import BINS, WIDTH
from clri.collect.simulate.market.stretch import Stretch
from clri.collect.simulate.tape import F8, Order
from clri.collect.simulate.throttle import Unsent
from clri.collect.simulate.world import World, orders_of
from clri.model.errors import InputError
from clri.model.timebase import MINUTE, SECOND

NAMES: Final = ("orders.jsonl", "cascades.jsonl", "levels.jsonl.gz", "state.jsonl.gz", "labels.jsonl")
LEVELS_S: Final = 300

encode: Final = msgspec.json.Encoder().encode


class Truth:
    """Writes the truth of one run into a folder; to be closed.

    Parameters
    ----------
    folder
        Made if absent; files of an earlier run are replaced.
    levels
        False leaves `levels` out, which is by far the largest.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """

    def __init__(self, folder: Path, *, levels: bool = True) -> None:
        self._levels = levels
        self._files = ExitStack()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._out: dict[str, IO[bytes]] = {
                name.partition(".")[0]: self._files.enter_context(_opened(folder / name)) for name in NAMES
            }
        except OSError as error:
            self._files.close()
            raise InputError(f"truth cannot be written to {folder}: {error}") from error
        self._bursts = [Bursts() for _ in COINS]
        self._labels = [LabelC() for _ in COINS]
        self._pending: list[list[tuple[Order, int]]] = [[] for _ in COINS]
        self._frames: dict[int, str] = {}
        self._minute = np.zeros((2, len(COINS)))
        self._ids: list[dict[int, str]] = [{} for _ in COINS]
        self._seed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is still waiting, and close the files."""
        for coin in range(len(COINS)):
            self._settle(coin, None)
        self._files.close()

    def begin(self, world: World) -> None:
        """Write what the scenario does."""
        self._seed = world.seed
        for kind, rows in (("segment", world.scenario.segment), ("label", world.scenario.label)):
            for row in rows:
                told = {key: value for key, value in msgspec.to_builtins(row).items() if value is not None}
                times = {
                    name: world.start_ns + minute * MINUTE for name, minute in (("start", row.start), ("end", row.end))
                }
                self._write("labels", {"what": kind} | times | told)

    def history(self, found: Stretch) -> None:
        """Take a stretch of 60-s steps before the run."""
        usd = _usd(found)
        sums = np.zeros((2, len(found.spot), len(COINS)))
        rows = (found.orders[:, 0] // SECOND - found.start) // 60
        np.add.at(sums, (found.orders[:, 3], rows, found.orders[:, 1]), usd)
        for coin in range(len(COINS)):
            self._bursts[coin].minutes((sums[0, :, coin] + sums[1, :, coin]).tolist())
        oi = found.told[HELD].sum(axis=1) * found.spot
        for row in range(len(found.spot)):
            end = (found.start + 60 * (row + 1)) * SECOND
            for coin, label in enumerate(self._labels):
                label.minute(end, sums[0, row, coin], sums[1, row, coin], found.spot[row, coin], oi[row, coin])
        self._state(found)

    def played(self, world: World, spoken: Iterable[Spoken], unsent: Iterable[Unsent]) -> None:
        """Take what was played by the last `advance`, the frames received since, and the orders that none tells."""
        found = world.latest
        if found is None:
            return
        for frame in spoken:
            for sent in frame.sent:
                if not sent.backfill:
                    self._frames[sent.number] = f"{frame.venue}-{frame.recv_ns}"
        for one in unsent:
            self._frames[one.order.number] = f"unsent: {one.reason}"
        by_second: dict[int, list[list[Hit]]] = {}
        for order, tier in zip(orders_of(found), found.orders[:, 4].tolist(), strict=True):
            self._pending[order.coin].append((order, tier))
            hits = by_second.setdefault(order.at // SECOND, [[] for _ in COINS])
            hits[order.coin].append(Hit(order.at, order.usd, order.long, order.place, order.number))
        for second in range(found.start, found.start + len(found.spot)):
            self._second(found, second, by_second.get(second))
        for coin in range(len(COINS)):
            self._settle(coin, (found.start + len(found.spot)) * SECOND)
        self._state(found)
        if self._levels and (found.start + len(found.spot)) % LEVELS_S < len(found.spot):
            self._write_levels(world, (found.start + len(found.spot)) * SECOND)

    def _second(self, found: Stretch, second: int, hits: list[list[Hit]] | None) -> None:
        boundary = (second + 1) * SECOND
        for coin, bursts in enumerate(self._bursts):
            own = hits[coin] if hits else []
            for hit in own:
                self._minute[0 if hit.long else 1, coin] += hit.usd
            for burst in bursts.second(boundary, own):
                self._cascade(coin, burst)
        if boundary % MINUTE:
            return
        row = second - found.start
        for coin in range(len(COINS)):
            longs, shorts = self._minute[:, coin].tolist()
            self._bursts[coin].minutes([longs + shorts])
            price = float(found.spot[row, coin])
            oi = float(found.told[HELD, row, :, coin].sum()) * price
            if self._labels[coin].minute(boundary, longs, shorts, price, oi):
                side = "LONG" if longs > shorts else "SHORT"
                self._write("cascades", {"kind": "label_c", "symbol": SYMBOLS[coin], "at": boundary, "side": side})
        self._minute[:] = 0.0

    def _cascade(self, coin: int, burst: Burst) -> None:
        row = {
            "kind": "burst",
            "id": self._id(coin, burst.number),
            "symbol": SYMBOLS[coin],
            "started_at": burst.started_at,
            "ended_at": burst.ended_at,
            "orders": burst.orders,
            "usd": burst.usd,
            "long_share": burst.long_usd / burst.usd,
            "venues": {PLACES[place].venue: usd for place, usd in sorted(burst.places.items())},
            "threshold_usd": self._bursts[coin].threshold,
        }
        self._write("cascades", row)
        for order, _ in self._pending[coin]:
            if burst.started_at <= order.at <= burst.ended_at:
                self._ids[coin][order.number] = str(row["id"])

    def _settle(self, coin: int, now: int | None) -> None:
        """Write the orders whose cascade and frame are certain; None = all."""
        bursts = self._bursts[coin]
        limit = None if now is None else now - 2 * WINDOW_S * SECOND
        if limit is not None and bursts.since is not None:
            limit = min(limit, bursts.since)
        kept = []
        for order, tier in self._pending[coin]:
            if limit is not None and order.at >= limit:
                kept.append((order, tier))
                continue
            cascade = self._ids[coin].pop(order.number, None)
            if cascade is None and bursts.since is not None and bursts.since <= order.at <= bursts.met:
                cascade = self._id(coin, bursts.number)
            fate = self._frames.pop(order.number, "unsent: run ended")
            self._write("orders", _row(order, tier, self._seed, cascade, fate))
        self._pending[coin] = kept

    def _id(self, coin: int, number: int) -> str:
        return f"{self._seed}-{SYMBOLS[coin]}-{number}"

    def _state(self, found: Stretch) -> None:
        marks, bids, asks = found.told[MARK], found.told[BIDS], found.told[ASKS]
        offsets: F8 = marks / found.spot[:, np.newaxis, :] - 1.0
        for row in range(len(found.spot)):
            ts = (found.start + found.step * (row + 1)) * SECOND
            for coin, symbol in enumerate(SYMBOLS):
                told: dict[str, Any] = {"ts": ts, "symbol": symbol, "spot": float(found.spot[row, coin])}
                told["over_spot"] = dict(zip(VENUES, offsets[row, :, coin].tolist(), strict=True))
                told["bid_usd"] = float(bids[row, :, coin].sum())
                told["ask_usd"] = float(asks[row, :, coin].sum())
                self._write("state", told | dict(zip(INNER, found.inner[row, coin].tolist(), strict=True)))

    def _write_levels(self, world: World, ts: int) -> None:
        for at, cohort in world.cohorts():
            coin, place, side, tier = at
            filled = np.flatnonzero(cohort > 0.0)
            if len(filled):
                first, last = int(filled[0]), int(filled[-1])
                row = {
                    "ts": ts,
                    "symbol": SYMBOLS[coin],
                    "venue": PLACES[place].venue,
                    "side": "SHORT" if side else "LONG",
                    "tier": TIERS[tier].times,
                    "from_ln": round((first - BINS // 2) * WIDTH, 3),
                    "origin": COINS[coin].price,
                    "coins": [float(f"{value:.5g}") for value in cohort[first : last + 1].tolist()],
                }
                self._write("levels", row)

    def _write(self, name: str, row: dict[str, Any]) -> None:
        self._out[name].write(encode(row) + b"\n")


VENUES: Final = tuple(place.venue for place in PLACES)


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "wb", 1)) if path.suffix == ".gz" else path.open("wb")


def _usd(found: Stretch) -> F8:
    lots = np.array([10.0**-coin.lot for coin in COINS])
    usd: F8 = found.orders[:, 5] * lots[found.orders[:, 1]] * found.prices[:, 0]
    return usd


def _row(order: Order, tier: int, seed: int, cascade: str | None, fate: str) -> dict[str, Any]:
    hedge = tier == len(TIERS)
    return {
        "order_id": f"{seed}-{order.number}",
        "ts": order.at,
        "symbol": SYMBOLS[order.coin],
        "venue": PLACES[order.place].venue,
        "side": order.side,
        "price": order.price,
        "bankruptcy_price": order.bankrupt,
        "qty": order.qty,
        "usd": order.usd,
        "tier": None if hedge else TIERS[tier].times,
        "kind": "hedge" if hedge else "liquidation",
        "cascade_id": cascade,
        "frame": None if fate.startswith("unsent") else fate,
        "unsent": fate.removeprefix("unsent: ") if fate.startswith("unsent") else None,
    }
