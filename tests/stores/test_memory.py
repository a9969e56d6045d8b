"""Rings are bounded, ordered, and know how far back they reach; two tiers answer as one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.errors import ConfigError, StoreError
from clri.model.timebase import DAY, MINUTE
from clri.stores.memory import MemoryStore
from clri.stores.ring import Bounds, Ring
from clri.stores.sqlite import SqliteStore
from clri.stores.tiers import TieredStore
from clri.testing.builders import T0, cascade, liquidation, market_reading, minute, observation, reading

END = 2**62


# ---------------------------------------------------------------- ring
@given(
    puts=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), st.integers(0, 3))),
    keep=st.integers(1, 6),
    span=st.none() | st.integers(1, 6),
    replace=st.booleans(),
)
def test_a_ring_is_a_sorted_list_cut_to_its_bounds(puts, keep, span, replace):
    """Items are (time, name, value), identity is the name; the truth is a sorted list."""
    ring = Ring(Bounds(keep, span), place=lambda i: i[:2], identity=lambda i: i[1], replaces=lambda *_: replace)
    truth: list[tuple[int, int, int]] = []
    fallen = now = 0
    for item in puts:
        ring.put(item, now := max(now, item[0]))
        former = [other for other in truth if other[1] == item[1]]
        if former and not replace:
            continue
        truth = sorted([other for other in truth if other not in former] + [item])
        limit = now - span if span is not None else -1
        gone = [i for n, i in enumerate(truth) if i[0] < limit or n < len(truth) - keep]
        fallen = max([fallen, *(i[0] + 1 for i in gone)])
        truth = [i for i in truth if i not in gone]
    assert ring.between(0, 100) == truth
    assert ring.between(3, 7) == [i for i in truth if 3 <= i[0] < 7]
    assert len(ring) == len(truth)
    assert ring.last() == (truth[-1] if truth else None)
    assert ring.since == fallen


# ---------------------------------------------------------------- memory
def test_memory_keeps_so_many_minutes():
    store = MemoryStore("live", minutes=10)
    store.write(observation(ts=minute(n)) for n in range(100))
    store.write(reading(ts=minute(n), symbol=s) for n in range(100) for s in ("BTC", "ETH"))
    store.write(market_reading(ts=minute(n)) for n in range(100))
    store.write(liquidation(ts=minute(n), ts_venue=minute(n)) for n in range(100))
    store.write(cascade(ts=minute(n), started_at=minute(n), cascade_id=f"{n}") for n in range(100))
    last = [minute(n) for n in range(90, 100)]
    assert [row.ts for row in store.observations("BTC", 0, END)] == last
    assert [row.ts for row in store.readings("ETH", 0, END)] == last
    assert [row.ts for row in store.market(0, END)] == last
    assert [e.ts for e in store.liquidations("BTC", 0, END)] == [minute(n) for n in range(99, 88, -1)]
    assert len(store.cascades(None, 0, END)) == 11
    assert store.since("observations", "BTC") == minute(89) + 1
    assert store.since("observations", "ETH") == 0


def test_a_wrong_clock_of_a_venue_does_not_empty_the_ring():
    store = MemoryStore("live", minutes=10)
    store.write(liquidation(ts=minute(n)) for n in range(5))
    store.write([liquidation(ts=minute(5), ts_venue=T0 + 3650 * DAY)])
    assert len(store.liquidations("BTC", 0, END)) == 6


# ---------------------------------------------------------------- tiers
@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clri.db"


def test_tiers_hold_one_mode(path: Path):
    with SqliteStore(path, "live") as durable, pytest.raises(ConfigError, match="holds mode live"):
        TieredStore(MemoryStore("replay-simulated"), durable)


def test_reads_inside_the_ring_do_not_touch_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch):
    with TieredStore(MemoryStore("live", minutes=10), durable := SqliteStore(path, "live")) as store:
        store.write(reading(ts=minute(n)) for n in range(20))
        store.write(observation(ts=minute(n)) for n in range(20))
        store.write(liquidation(ts=minute(n), ts_venue=minute(n)) for n in range(20))
        asked: list[str] = []
        for name in ("readings", "observations", "liquidations", "latest_readings"):
            monkeypatch.setattr(durable, name, lambda *_, name=name, **__: asked.append(name) or [])
        assert len(store.readings("BTC", minute(10), END)) == 10, "before any flush"
        assert len(store.observations("BTC", minute(10), END)) == 10
        assert len(store.liquidations(None, minute(10), END)) == 10
        assert store.latest_readings() == [reading(ts=minute(19))]
        assert asked == []
        store.readings("BTC", minute(9), END)
        store.liquidations(None, minute(8), END)
        assert asked == ["readings", "liquidations"]
        monkeypatch.undo()


def test_after_a_restart_the_answers_are_the_same(path: Path):
    """Whatever is asked, two tiers answer as the durable store alone, also for what was written before."""
    before = [reading(ts=minute(n), symbol=s) for n in range(30) for s in ("BTC", "ETH")]
    before += [observation(ts=minute(n), symbol=s) for n in range(30) for s in ("BTC", "MARKET", "ROWS-ONLY")]
    before += [market_reading(ts=minute(n)) for n in range(30)]
    before += [liquidation(ts=minute(n), ts_venue=minute(n) - 1) for n in range(30)]
    before += [cascade(ts=minute(n), started_at=minute(n), cascade_id=f"{n:02}") for n in range(0, 30, 5)]
    before += [reading(ts=minute(-100), symbol="DELISTED")]
    before += [reading(ts=minute(n), symbol="SPARSE") for n in (5, 28)]
    after = [reading(ts=minute(n), symbol=s) for n in range(30, 34) for s in ("BTC", "NEW")]
    after += [observation(ts=minute(n), symbol=s) for n in range(30, 34) for s in ("BTC", "ROWS-ONLY", "NEW")]
    after += [
        liquidation(ts=minute(31), ts_venue=minute(28)),
        cascade(ts=minute(33), started_at=minute(25), cascade_id="25"),
    ]
    with SqliteStore(path, "live") as durable:
        durable.write(before)
    with TieredStore(MemoryStore("live", minutes=12), durable := SqliteStore(path, "live")) as store:
        store.write(after)
        store.flush()
        assert store.latest_readings() == durable.latest_readings()
        assert store.latest_market() == durable.latest_market()
        for first in range(35):
            for last in (first, first + 3, 40):
                start, end = minute(first), minute(last)
                assert store.market(start, end) == durable.market(start, end)
                for symbol in ("BTC", "ETH", "MARKET", "ROWS-ONLY", "NEW", "DELISTED", "SPARSE"):
                    assert store.readings(symbol, start, end) == durable.readings(symbol, start, end)
                    assert store.observations(symbol, start, end) == durable.observations(symbol, start, end)
                for name in ("BTC", None):
                    assert store.liquidations(name, start, end) == durable.liquidations(name, start, end)
                    assert store.cascades(name, start, end) == durable.cascades(name, start, end)


def test_live_reads_go_on_while_the_disk_is_full(path: Path):
    with TieredStore(MemoryStore("live"), durable := SqliteStore(path, "live")) as store:
        pages = durable._db.execute("PRAGMA page_count").fetchone()[0]
        durable._db.execute(f"PRAGMA max_page_count = {pages}")
        store.write(reading(ts=minute(n)) for n in range(200))
        with pytest.raises(StoreError, match="no room"):
            store.flush()
        assert store.latest_readings() == [reading(ts=minute(199))]
        durable._db.execute("PRAGMA max_page_count = 1000000")
        store.flush()
        assert len(durable.readings("BTC", 0, END)) == 200


def test_retention_reaches_both(path: Path):
    with TieredStore(MemoryStore("live", minutes=60), durable := SqliteStore(path, "live")) as store:
        store.write([liquidation(), reading()])
        assert store.retain(T0 + 8 * DAY) == {"liquidation_events": 1}
        assert store.liquidations(None, T0 - MINUTE, END) == durable.liquidations(None, T0 - MINUTE, END) == []
        assert store.readings("BTC", 0, END) == [reading()], "out of the ring, so from the disk"
