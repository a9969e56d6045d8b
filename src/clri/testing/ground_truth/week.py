"""One simulated week: a market of its own, its truth, and what detectors and estimated levels made of it."""

from collections.abc import Sequence
from math import fsum
from typing import Final, NamedTuple

import numpy as np

from clri.collect.simulate.coins import COINS, SYMBOLS
from clri.collect.simulate.history import rows_of
from clri.collect.simulate.market.output import COINS as HELD
from clri.collect.simulate.market.output import MARK
from clri.collect.simulate.market.params import Params, make_params
from clri.collect.simulate.market.stretch import Stretch
from clri.collect.simulate.world import World
from clri.engine.reorder import REORDER_NS
from clri.evaluate.bursts import Burst, bursts, minute_sums, thresholds
from clri.evaluate.detection import Cascade, Condition, Declarations, Matched, Rule, match
from clri.evaluate.label_c import LabelC
from clri.maths.kernel import F8, I8
from clri.maths.money import nearest_micro
from clri.model.facts import Liquidation, event_time
from clri.model.observation import NUMBERS
from clri.model.timebase import DAY, MINUTE, SECOND, parse_iso
from clri.testing.ground_truth.feeds import ToldFeeds, feeds_up, true_facts
from clri.testing.ground_truth.listener import Listener, Seen
from clri.testing.ground_truth.maps import EVERY, Hit, Maps, Ranking

START: Final = parse_iso("2026-11-02T00:00:00Z")
BEFORE_MIN: Final = 30 * 1440
PIECE_S: Final = 600
FIVE: Final = 5
LIQUIDATED: Final = (NUMBERS.index("liq_long_usd"), NUMBERS.index("liq_short_usd"))
HIGH: Final = NUMBERS.index("high")
LOW: Final = NUMBERS.index("low")


class Found(NamedTuple):
    """What a week gave.

    `burst_delays` per true burst, s from meeting the definition to the publication on the true stream, None = missed;
    `extra` = cascades there that are no bursts; `seen_delays` the same through the feeds, by overlap. `seen_share` =
    part of the USD that the feeds tell. Declarations against label C: `true_stream`, `feeds` as named; `told` = through
    the feeds against the label of what they tell; `any_burst` = through the feeds, where the first update of a burst of
    any size counts; `by_label` = what a detector would find that looks for label C itself in what it has received by
    the end of each second; none is built.
    """

    seed: int
    days: float
    orders: int
    told_orders: int
    seen_share: float
    burst_delays: list[float | None]
    extra: int
    seen_delays: list[float | None]
    true_stream: Matched
    feeds: Matched
    told: Matched
    any_burst: Matched
    by_label: Matched
    rankings: list[Ranking]


class Week:
    """Market, detectors and truth of one seed, played for some days at steps of 1 s.

    Parameters
    ----------
    seed
        Of the market.
    scenario
        What is done to it; nothing by default.
    before_min
        Minutes of history for thresholds and maps.
    """

    def __init__(self, seed: int, scenario: str = "calm", before_min: int = BEFORE_MIN) -> None:
        self._world = World(scenario, seed, START, keep_s=PIECE_S, before=before_min)
        self._params = make_params()
        self._maps = Maps()
        self._before: list[list[float]] = [[] for _ in COINS]
        self._told_before: list[list[float]] = [[] for _ in COINS]
        for stretch in self._world.history():
            self._past(stretch)
        named = dict(zip(SYMBOLS, self._before, strict=True)), dict(zip(SYMBOLS, self._told_before, strict=True))
        self._true, self._through = Listener(START, 0, named[0]), Listener(START, REORDER_NS, named[1])
        self._feeds: ToldFeeds | None = None
        self._orders, self._told, self._heard = Forced(), Forced(), Forced()
        self._price: list[F8] = []
        self._oi: list[F8] = []

    def play(self, days: float) -> Found:
        """Play the market, and say what was found."""
        first = feeds_up(START)
        self._true.until(first, START)
        self._through.until(first, START)
        pieces = round(days * DAY) // (PIECE_S * SECOND)
        for _ in range(pieces):
            self._piece()
        return self._found(pieces * PIECE_S * SECOND / DAY)

    def _past(self, stretch: Stretch) -> None:
        """Take a stretch of 60-s steps before the start."""
        first, count = stretch.start * SECOND, len(stretch.spot)
        _, values = rows_of(stretch, self._params)
        self._maps.rows(values)
        lots = np.array([10.0**-coin.lot for coin in COINS])
        usd = stretch.orders[:, 5] * lots[stretch.orders[:, 1]] * stretch.prices[:, 0]
        for coin in range(len(COINS)):
            own = stretch.orders[:, 1] == coin
            sums = minute_sums(stretch.orders[own, 0], np.rint(usd[own] * 1e6).astype(np.int64), first, count)
            self._before[coin] += (sums / 1e6).tolist()
            self._told_before[coin] += (values[LIQUIDATED[0], :, coin] + values[LIQUIDATED[1], :, coin]).tolist()

    def _piece(self) -> None:
        """Play ten minutes."""
        tape = self._world.advance(PIECE_S)
        found = self._world.latest
        assert found is not None  # played just now
        start, end = found.start, (found.start + PIECE_S) * SECOND
        self._feeds = self._feeds or ToldFeeds(tape)
        orders = [order for order in tape.orders if order.at >= start * SECOND]
        told = self._feeds.until(tape, start, start + PIECE_S)
        self._true.until(true_facts(orders), end)
        self._through.until(told, end)
        for order in orders:
            self._orders.add(order.coin, order.at, order.usd, order.long)
            self._maps.hit(order.coin, order.place, Hit(order.at, order.price, order.usd))
        for fact in told:
            if isinstance(fact, Liquidation):
                at = event_time(fact)
                coin = SYMBOLS.index(fact.symbol)
                self._told.add(coin, at, fact.usd, fact.side == "LONG")
                self._heard.add(coin, fact.ts, fact.usd, fact.side == "LONG")
        price = np.median(found.told[MARK], axis=1)
        self._price.append(price)
        self._oi.append((found.told[HELD] * found.told[MARK]).sum(axis=1))
        self._maps.rows(_minute_rows(found, price, self._params))
        self._maps.path(end, price.min(axis=0), price.max(axis=0))
        if end % EVERY == 0:
            self._maps.freeze(self._world, end)

    def _found(self, days: float) -> Found:
        end = START + round(days * DAY)
        price, oi = np.concatenate(self._price), np.concatenate(self._oi)
        true_stream, feeds, by_told, any_burst, by_label = (Matched() for _ in range(5))
        delays: list[float | None] = []
        seen_delays: list[float | None] = []
        extra = 0
        for coin, symbol in enumerate(SYMBOLS):
            grid = len(price), price[:, coin], oi[:, coin]
            label = _labelled(self._orders, coin, self._before[coin], grid)
            told_label = _labelled(self._told, coin, self._told_before[coin], grid)
            as_heard = _labelled(
                self._heard, coin, self._told_before[coin], (len(price), _late(price[:, coin]), oi[:, coin])
            )
            own = [seen for seen in self._true.seen if seen.update.symbol == symbol]
            through = [seen for seen in self._through.seen if seen.update.symbol == symbol]
            declared, heard = _declared(own, oi[:, coin]), _declared(through, oi[:, coin])
            first = _declared(through, oi[:, coin], Rule(oi_share=0.0, risk_from=0.0))
            for matched, wanted, cascades in (
                (true_stream, label, declared),
                (feeds, label, heard),
                (by_told, told_label, heard),
                (any_burst, label, first),
                (by_label, label, _as_cascades(as_heard)),
            ):
                condition = Condition([start.at for start in wanted.starts], wanted.spans, wanted.heavy)
                matched.join(match(condition, cascades, days))
            at, usd = self._orders.of(coin)
            sums = minute_sums(at, usd, START, round(days * DAY / MINUTE)) / 1e6
            truth = bursts(at, usd, thresholds(self._before[coin], sums.tolist()), START)
            own_delays, own_extra = held_against(truth, own)
            delays += own_delays
            extra += own_extra
            seen_delays += overlapping(truth, through)
        return Found(
            self._world.seed,
            days,
            self._orders.count,
            self._told.count,
            self._told.usd / max(1, self._orders.usd),
            delays,
            extra,
            seen_delays,
            true_stream,
            feeds,
            by_told,
            any_burst,
            by_label,
            self._maps.rankings(end),
        )


class Forced:
    """Forced orders by coin: time, micro-USD, side."""

    def __init__(self) -> None:
        self._at: list[list[int]] = [[] for _ in COINS]
        self._usd: list[list[int]] = [[] for _ in COINS]
        self._long: list[list[bool]] = [[] for _ in COINS]
        self.count = self.usd = 0

    def add(self, coin: int, at: int, usd: float, long: bool) -> None:  # noqa: FBT001 - a column
        """Take one."""
        amount = nearest_micro(usd)
        self._at[coin].append(at)
        self._usd[coin].append(amount)
        self._long[coin].append(long)
        self.count += 1
        self.usd += amount

    def of(self, coin: int) -> tuple[I8, I8]:
        """Times and micro-USD of a coin."""
        return np.array(self._at[coin], np.int64), np.array(self._usd[coin], np.int64)

    def by_second(self, coin: int, start: int, count: int) -> I8:
        """Micro-USD of longs and shorts in each of `count` seconds from `start` (ns): [2, count]."""
        at, usd = self.of(coin)
        side = np.where(np.array(self._long[coin], bool), 0, 1)
        found = np.zeros((2, count), np.int64)
        np.add.at(found, (side, (at - start) // SECOND), usd)
        return found


def held_against(truth: Sequence[Burst], seen: Sequence[Seen]) -> tuple[list[float | None], int]:
    """Delay of each true burst, s from meeting the definition to its first update; and cascades that are none.

    A cascade is that of a burst if both start with the same event.
    """
    first: dict[int, int] = {}
    for one in seen:
        first.setdefault(one.update.started_at, one.at)
    delays = [(first[b.started_at] - b.met_at) / SECOND if b.started_at in first else None for b in truth]
    return delays, len(first.keys() - {b.started_at for b in truth})


def overlapping(truth: Sequence[Burst], seen: Sequence[Seen]) -> list[float | None]:
    """Delay of each true burst to the first update of the earliest cascade that overlaps it, s; None = none does."""
    spans: dict[str, tuple[int, int, int]] = {}
    for at, update in seen:
        first = spans.get(update.cascade_id, (at, 0, 0))[0]
        spans[update.cascade_id] = first, update.started_at, update.last_met_at
    found: list[float | None] = []
    for burst in truth:
        own = [at for at, start, last in spans.values() if start <= burst.last_met_at and last >= burst.started_at]
        found.append((min(own) - burst.met_at) / SECOND if own else None)
    return found


def _labelled(forced: Forced, coin: int, before: Sequence[float], grid: tuple[int, F8, F8]) -> LabelC:
    """Label C of a coin over the seconds played."""
    count, price, oi = grid
    label = LabelC(1)
    label.warm([nearest_micro(fsum(before[k : k + FIVE])) for k in range(0, len(before) - FIVE + 1, FIVE)])
    longs, shorts = forced.by_second(coin, START, count)
    label.take(START, longs, shorts, price, oi)
    return label


def _late(price: F8) -> F8:
    """Price as it is known a second later."""
    return np.concatenate([price[:1], price[:-1]])


def _as_cascades(label: LabelC) -> list[Cascade]:
    """Starts of a label as if something had declared them."""
    until = {span.first: span.last for span in label.spans}
    return [Cascade(start.at, start.at, until.get(start.at, start.at)) for start in label.starts]


def _declared(seen: Sequence[Seen], oi: F8, rule: Rule | None = None) -> list[Cascade]:
    """Cascades as told, with the open interest at the end of the minute before each update."""
    found = Declarations(rule)
    for at, update in seen:
        row = (at - START) // MINUTE * 60 - 1
        found.take(update, at, float(oi[row]) if row >= 0 else None)
    return found.all()


def _minute_rows(found: Stretch, price: F8, params: Params) -> F8:
    """Observation rows of ten minutes of seconds, highs and lows as they were."""
    by_minute = found._replace(step=60, spot=found.spot[59::60], told=found.told[:, 59::60], inner=found.inner[59::60])
    _, values = rows_of(by_minute, params)
    path = price.reshape(-1, 60, price.shape[1])
    close = values[NUMBERS.index("price")]
    values[HIGH], values[LOW] = np.maximum(path.max(axis=1), close), np.minimum(path.min(axis=1), close)
    return values
