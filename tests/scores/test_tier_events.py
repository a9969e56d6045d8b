"""Events of the minute tier: 4-h episodes and funding, live as in blocks, resumed, and over an outage."""

from collections import Counter

import numpy as np
import pytest

from clri.app.assemble import build_tier
from clri.engine.cadence import Cadence
from clri.model.cascade import CascadeUpdate
from clri.model.codec import encode
from clri.model.funding_event import FundingEvent
from clri.model.observation import NUMBERS, Observation
from tests.scores.panel_data import AT, matrix, observations

SYMBOLS = ("BTC", "ETH")
STEP = Cadence(1800)
T0 = 960_000
FLOWS = ("stable_in_usd", "stable_out_usd", "stable_mint_usd", "stable_burn_usd", "stable_large_n", "age_stable_s")


def rows(height: int = 900, seed: int = 11) -> np.ndarray:
    """Half-hour rows with settlements, storms of liquidations and rates that jump."""
    rng = np.random.default_rng(seed)
    x = matrix(height, 2, seed=seed, missing=0.02)
    slots = (T0 + np.arange(height)) // 16
    rate = np.round(rng.normal(1e-4, 4e-5, (slots.max() + 1, 2)) + 9e-4 * (rng.random((slots.max() + 1, 2)) < 0.06), 6)
    x[AT["funding_8h"]] = rate[slots]
    ends = (T0 + np.arange(height)) % 16 == 0
    x[AT["settled_8h"]][ends] = rate[slots[ends] - 1]
    storm = (np.arange(height) // 24 % 5 == 0)[:, None] * rng.random((height, 2))
    x[AT["liq_long_usd"]] = np.round(4e6 * storm, 2)
    x[AT["liq_short_usd"]] = np.round(1e6 * storm * rng.random((height, 2)), 2)
    x[AT["liq_long_usd"], 136:139] = np.nan
    return x


def market_rows(height: int = 900) -> np.ndarray:
    rng = np.random.default_rng(12)
    market = np.full((len(NUMBERS), height, 1), np.nan)
    for name in FLOWS:
        market[AT[name]] = rng.integers(0, 5, (height, 1)) * (1.0 if name[-1] in "ns" else 1e6)
    market[:, 400:420] = np.nan
    return market


def lines(minutes) -> list[bytes]:
    return [encode(item) for minute in minutes for item in minute.outputs()]


@pytest.fixture(scope="module")
def whole():
    tier = build_tier(SYMBOLS, STEP)
    minutes = list(tier.block(T0, rows(), "live", market=market_rows()))
    return minutes, tier.snapshot()


def test_every_kind_occurs(whole) -> None:
    minutes, _ = whole
    events = [event for minute in minutes for event in minute.events]
    kinds = Counter((type(e).__name__, getattr(e, "kind", ""), getattr(e, "settled", None)) for e in events)
    states = {e.state for e in events if isinstance(e, CascadeUpdate)}
    assert states == {"active", "ended", "unknown"}
    wanted = {("FundingEvent", "anomaly"), ("FundingEvent", "reversal"), ("CascadeUpdate", "sustained")}
    assert wanted <= {(name, kind) for name, kind, _ in kinds}
    assert {m.market.stablecoin_pressure is None for m in minutes} == {True, False}
    assert {r.joint_level for m in minutes for r in m.readings} >= {"NONE", "INFO"}


def test_live_rows_equal_one_block(whole) -> None:
    minutes, saved = whole
    tier = build_tier(SYMBOLS, STEP)
    x, market = rows(), market_rows()
    live = []
    for t, observed in enumerate(observations(x, T0, SYMBOLS, STEP)):
        own = {
            name: float(market[AT[name], t, 0]) for name in FLOWS if market[AT[name], t, 0] == market[AT[name], t, 0]
        }
        ours = Observation(ts=observed[0].ts, symbol="MARKET", mode="live", **own)
        live.append(tier.row(observed, ours if t % 2 or own else None))
    assert lines(live) == lines(minutes)
    assert tier.snapshot() == saved


def test_resumed_in_the_middle_of_an_episode_equals_whole(whole) -> None:
    minutes, saved = whole
    x, market = rows(), market_rows()
    ids = {e.cascade_id for e in minutes[245].events + minutes[244].events if isinstance(e, CascadeUpdate)}
    assert ids, "choose a row within an episode"
    found, state = [], build_tier(SYMBOLS, STEP).snapshot()
    for start, end in ((0, 245), (245, 246), (246, 900)):
        tier = build_tier(SYMBOLS, STEP)
        tier.restore(state)
        found += tier.block(T0 + start, x[:, start:end], "live", market=market[:, start:end])
        state = tier.snapshot()
    assert lines(found) == lines(minutes)
    assert state == saved


def test_warm_takes_the_same_state_without_a_word(whole) -> None:
    tier = build_tier(SYMBOLS, STEP)
    tier.warm(T0, rows(), market_rows())
    assert tier.snapshot() == whole[1]


def test_an_id_has_one_beginning_and_one_end(whole) -> None:
    minutes, _ = whole
    updates = [e for m in minutes for e in m.events if isinstance(e, CascadeUpdate)]
    for one in {u.cascade_id for u in updates}:
        course = [u for u in updates if u.cascade_id == one]
        assert len({(u.symbol, u.started_at) for u in course}) == 1
        assert [u.state for u in course].count("ended") <= 1
        assert [u.velocity_usd_per_h for u in course] == sorted(u.velocity_usd_per_h for u in course)
        assert all(u.severity >= 1.0 and u.ts >= u.started_at for u in course)


def test_a_slot_has_one_event_of_a_kind(whole) -> None:
    minutes, _ = whole
    events = [e for m in minutes for e in m.events if isinstance(e, FundingEvent)]
    assert max(Counter((e.symbol, e.slot_ts, e.kind) for e in events).values()) == 1


def test_an_episode_survives_an_outage() -> None:
    x = rows(400)
    storm = 121
    first = build_tier(SYMBOLS, STEP)
    before = list(first.block(T0, x[:, : storm + 4], "live"))
    running = [u for m in before for u in m.events if isinstance(u, CascadeUpdate)][-1]
    assert running.state == "active"
    after = list(first.block(T0 + storm + 8, x[:, storm + 8 : storm + 20], "live"))
    again = [u for m in after for u in m.events if isinstance(u, CascadeUpdate) and u.symbol == running.symbol]
    assert (again[0].state, again[0].cascade_id) == ("active", running.cascade_id)
