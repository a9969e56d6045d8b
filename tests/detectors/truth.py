"""The cascade detector written as slowly and plainly as SCORES 5 reads: lists, floats and recomputation."""

import statistics
from collections import defaultdict
from fractions import Fraction

import numpy as np

from clri.detectors.cascade_episode import cascade_id
from clri.model.control import FeedStatus, Tick
from clri.model.facts import Liquidation
from clri.model.timebase import MINUTE, SECOND

DOWN = {"down", "stale", "gap", "geo_blocked", "disabled"}
EDGES = (0.7, 1.0, 1.5)


class AmbiguousError(Exception):
    """A score lies within rounding of a band's edge: two right programs may differ here."""


def micro(usd: float) -> int:
    return int(Fraction(usd * 1e6) + Fraction(1, 2))


class SlowCascade:
    def __init__(self, symbol, params) -> None:
        self.symbol, self.params = symbol, params
        self.events: list[Liquidation] = []
        self.samples: dict[int, float | None] = {}
        self.feeds: dict[str, str] = {}
        self.episode: dict | None = None
        self.minute_scores: list[float] = []
        self.whole = False
        self.now = 0

    # ------------------------------------------------------------ pieces
    @property
    def healthy(self) -> bool:
        return "up" in self.feeds.values()

    def window(self) -> list[Liquidation]:
        start = self.now - self.params.window * SECOND
        return [e for e in self.events if start < e.ts_venue <= self.now]

    def threshold(self) -> tuple[float, str]:
        p, newest = self.params, max(self.samples, default=0)
        held = [v for m, v in self.samples.items() if v is not None and m > newest - p.quantile_window * 1440]
        if len(held) < p.n_min or np.quantile(held, p.quantile) <= p.floor_usd:
            return p.floor_usd, "floor"
        return float(np.quantile(held, p.quantile)), "adaptive"

    def grade(self) -> dict:
        p, window, (limit, source) = self.params, self.window(), self.threshold()
        total = sum(micro(e.usd) for e in window)
        zero = dict.fromkeys(
            ("volume", "time_compression", "price_clustering", "side_imbalance", "institutional", "cross_exchange"), 0.0
        )
        grade = {"n": len(window), "usd": total, "factors": zero, "risk": 0.0, "limit": limit, "source": source}
        if not window:
            return grade
        prices = [e.price for e in window]
        by_venue: dict[str, int] = defaultdict(int)
        for e in window:
            by_venue[e.venue] += micro(e.usd)
        longs = sum(micro(e.usd) for e in window if e.side == "LONG")
        large = sum(micro(e.usd) for e in window if micro(e.usd) >= p.institutional_usd * 1e6)
        counted = sum(1 for usd in by_venue.values() if usd > 0 and Fraction(usd, total) >= Fraction("0.01"))
        grade["factors"] = {
            "volume": min(2.0, total / 1e6 / limit),
            "time_compression": min(2.0, len(window) / (p.window / 60) / p.epm_ref),
            "price_clustering": 2 * (1 - min(1, statistics.pstdev(prices) / statistics.fmean(prices) / p.price_ref)),
            "side_imbalance": 2 * abs(longs - (total - longs)) / total if total else 0.0,
            "institutional": 2 * large / total if total else 0.0,
            "cross_exchange": float({0: 0, 1: 0, 2: 1}.get(counted, 2)),
        }
        weights = (0.25, 0.20, 0.20, 0.15, 0.15, 0.05)
        grade["risk"] = sum(w * f for w, f in zip(weights, grade["factors"].values(), strict=True))
        return grade

    def met(self, grade) -> bool:
        return grade["n"] >= self.params.min_events and grade["usd"] / 1e6 >= grade["limit"]

    # ------------------------------------------------------------ facts
    def on_fact(self, fact) -> list[dict]:
        if isinstance(fact, FeedStatus):
            if fact.state == "up" or fact.state in DOWN:
                self.feeds[fact.venue] = "up" if fact.state == "up" else "down"
            elif fact.state == "unsupported":
                self.feeds[fact.venue] = "never"
            self.whole = self.whole and self.healthy
            return []
        if isinstance(fact, Tick):
            return self.on_tick(fact)
        self.now = fact.ts_venue
        self.feeds.setdefault(fact.venue, "up")
        self.events.append(fact)
        grade = self.grade()
        if self.met(grade):
            self.minute_scores.append(grade["risk"])
        if not self.met(grade):
            return []
        if self.episode is None:
            start = min(e.ts_venue for e in self.window())
            self.episode = {
                "started_at": start, "detected_at": self.now, "late": [], "max_usd": 0, "max_risk": 0.0, "band": -1
            }  # fmt: skip
        self.note(grade)
        return [self.show("active" if self.healthy else "unknown")] if self.band() > self.episode["band"] else []

    def on_late(self, fact) -> None:
        self.feeds.setdefault(fact.venue, "up")
        if self.episode is not None:
            self.episode["late"].append(fact)

    def on_tick(self, tick) -> list[dict]:
        self.now = tick.boundary
        grade, out = self.grade(), []
        if self.met(grade):
            self.minute_scores.append(grade["risk"])
        if self.episode is not None:
            if self.met(grade):
                self.note(grade)
            if self.healthy and self.now - self.episode["last_met_at"] >= self.params.end_after * SECOND:
                out.append(self.show("ended"))
                self.episode = None
            else:
                shown = self.episode["shown"]
                fresh = self.record("active" if self.healthy else "unknown")
                if fresh != shown:
                    out.append(self.show(fresh["state"]))
        if tick.period_s == 60:
            minute = tick.boundary // MINUTE
            self.samples[minute] = grade["usd"] / 1e6 if self.whole and self.healthy else None
            self.whole = self.healthy
        return out

    def row(self) -> dict:
        best, self.minute_scores = max(self.minute_scores, default=0.0), []
        if not self.healthy:
            return {"cascade_score_max": None, "cascade_active": None}
        return {"cascade_score_max": best, "cascade_active": self.episode is not None}

    # ------------------------------------------------------------ record
    def note(self, grade) -> None:
        episode = self.episode
        episode["last_met_at"], episode["grade"] = self.now, grade
        episode["max_usd"] = max(episode["max_usd"], grade["usd"])
        episode["max_risk"] = max(episode["max_risk"], grade["risk"])

    def band(self) -> int:
        risk = self.episode["max_risk"]
        if any(abs(risk - edge) < 1e-4 for edge in EDGES):
            raise AmbiguousError
        return sum(risk >= edge for edge in EDGES)

    def record(self, state) -> dict:
        episode, grade = self.episode, self.episode["grade"]
        first, last = episode["started_at"], episode["last_met_at"]
        covered = [e for e in [*self.events, *episode["late"]] if first <= e.ts_venue <= last]
        total = sum(micro(e.usd) for e in covered)
        longs = sum(micro(e.usd) for e in covered if e.side == "LONG")
        venues: dict[str, int] = defaultdict(int)
        for e in covered:
            venues[e.venue] += micro(e.usd)
        long_share = longs / total
        return {
            "cascade_id": str(cascade_id(self.symbol, first)),
            "state": state,
            "started_at": first,
            "detected_at": episode["detected_at"],
            "last_met_at": last,
            "ended_at": last if state == "ended" else None,
            "duration_s": (last - first) / 1e9,
            "event_count": len(covered),
            "total_usd": total / 1e6,
            "long_usd": longs / 1e6,
            "short_usd": (total - longs) / 1e6,
            "max_window_usd": episode["max_usd"] / 1e6,
            "velocity_usd_per_h": grade["usd"] / 1e6 / self.params.window * 3600,
            "events_per_min": grade["n"] / (self.params.window / 60),
            "side_bias": "LONG" if long_share > 0.6 else "SHORT" if 1 - long_share > 0.6 else "BALANCED",
            "risk_score": grade["risk"],
            "max_risk_score": episode["max_risk"],
            "factors": grade["factors"],
            "threshold_usd": grade["limit"],
            "threshold_source": grade["source"],
            "venues": {venue: usd / 1e6 for venue, usd in venues.items()},
            "completeness": sum(micro(e.usd) for e in covered if e.completeness == "all") / total,
            "price_min": min(e.price for e in covered),
            "price_max": max(e.price for e in covered),
        }

    def show(self, state) -> dict:
        record = self.record(state)
        self.episode["shown"] = record
        self.episode["band"] = max(self.episode["band"], self.band())
        return {"ts": self.now, **record}
