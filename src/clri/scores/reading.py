"""From panel columns to what is published: readings with quality, reasons and evidence (CONTRACTS 1)."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from clri.engine.cadence import Cadence
from clri.model.levels import FRAME_REGIMES, REGIMES, VOL_REGIMES, direction, risk_level
from clri.model.names import Mode
from clri.model.quality import Quality, quality
from clri.model.reading import COMPONENTS, ComponentQuality, Reading
from clri.scores import clri, liquidation_risk
from clri.scores import direction as direction_score
from clri.scores.joint_level import joint_level
from clri.scores.percentiles import RANKED
from clri.scores.timeframes import FRAMES

METHOD: Final = "clri-1"
LIVE_FOR_S: Final = 120


class Evidence(msgspec.Struct, frozen=True):
    """Where a component's evidence stands: its columns, its input groups and their age limit in s."""

    inputs: tuple[str, ...]
    limit_s: int
    warming: str | None


EVIDENCE: Final[dict[str, Evidence]] = {
    "funding": Evidence(("funding",), 600, "funding_warming"),
    "oi": Evidence(("oi",), 900, "oi_warming"),
    "volume": Evidence(("volume", "spot"), 600, "volume_warming"),
    "liquidation": Evidence(("liq",), 60, "liquidation_warming"),
    "imbalance": Evidence(("book",), 120, None),
}

EXTRA: Final = {
    "funding_spread": "funding_spread",
    "funding_divergence": "funding_divergence",
    "oi_concentration": "oi_top_share",
    "oi_concentrated": "oi_concentrated",
    "oi_change_5m_pct": "oi_chg_5m_pct",
    "oi_change_4h_pct": "oi_chg_4h_pct",
    "price_change_4h_pct": "price_chg_4h_pct",
    "liquidations_5m_usd": "liq_5m_usd",
    "oi_percentile": "oi_percentile",
    "basis_percentile": "basis_percentile",
    "liquidation_oi_percentile": "liquidation_oi_percentile",
    "funding_oi_percentile": "funding_oi_percentile",
    "divergence_percentile": "divergence_percentile",
    "branching_ratio": "branching_ratio",
    "branching_percentile": "branching_percentile",
    "liq_z": "liq_z",
    "oi_chg_z": "oi_chg_z",
    "volume_z": "volume_z",
    "liquidations_4h_usd": "liq_4h_usd",
    "long_liquidations_4h": "liq_4h_long_usd",
    "short_liquidations_4h": "liq_4h_short_usd",
    "cascade4h_velocity": "liq_velocity_usd_h",
    "cascade4h_threshold": "liq_velocity_threshold_usd_h",
    "cascade4h_severity": "cascade4h_severity",
    "cascade4h_side": "cascade4h_side",
    "funding_settled_8h": "funding_f1",
    "funding_z_score": "funding_z_score",
    "funding_slot_percentile": "funding_slot_percentile",
    "funding_change": "funding_change",
    "funding_sd": "funding_sd",
    "funding_reversal": "reversal",
    "reversal_strength": "reversal_strength",
    "reversal_level": "reversal_level",
    "reversal_confidence": "reversal_confidence",
    "liquidation_risk_raw": "liquidation_risk_raw",
    "liquidation_risk_coverage": "liquidation_risk_coverage",
    "vol_percentile": "vol_percentile",
    "vol_ratio": "vol_ratio",
    "vol_1h_annual": "vol_1h_annual",
    "vol_4h_annual": "vol_4h_annual",
    "vol_24h_annual": "vol_24h_annual",
    "vol_of_vol": "vol_of_vol",
    "clustering_score": "clustering_score",
    "vol_unstable": "vol_unstable",
    "vol_autocorrelation": "vol_autocorrelation",
    "vol_persistence": "vol_persistence",
    "half_life_days": "half_life_days",
    "mean_reversion_potential": "mean_reversion_potential",
    "mtf_coverage": "mtf_coverage",
    "mtf_confirmed": "mtf_confirmed",
    "mtf_long_bias": "mtf_long_bias",
    "mtf_risk_mult": "mtf_risk_mult",
    "mtf_persistence": "mtf_persistence",
    **{ranked.name: ranked.name for ranked in RANKED},
}
"""Further published numbers: name in `Reading.extra` -> column."""


class Row:
    """One symbol's columns at one time, missing as None."""

    __slots__ = ("_columns", "_values")

    def __init__(self, columns: Mapping[str, int], values: Sequence[float]) -> None:
        self._columns = columns
        self._values = values

    def __call__(self, name: str) -> float | None:
        """Value of a column, None if missing."""
        value = self._values[self._columns[name]]
        return value if value == value else None

    def at_least_0(self, name: str) -> float:
        """Value of a column, 0 if missing: for shares that are 0 where nothing stands."""
        value = self(name)
        return 0.0 if value is None else value

    def named(self, columns: Mapping[str, str]) -> dict[str, float | None]:
        """Values by name of many columns at once."""
        at, values = self._columns, self._values
        return {name: value if (value := values[at[column]]) == value else None for name, column in columns.items()}


class ReadingComposer:
    """Builds readings from columns.

    Parameters
    ----------
    cadence
        Row spacing; coarse rows stretch age limits and are marked.
    params
        Parameters of the composite and of the direction.
    params_hash
        Names all parameters in force.
    risk_params
        Parameters of the Liquidation Risk, if it is among the scores.
    """

    def __init__(
        self,
        cadence: Cadence,
        params: clri.Params,
        direction_params: direction_score.Params,
        params_hash: str,
        risk_params: liquidation_risk.Params | None = None,
    ) -> None:
        self.cadence = cadence
        self.params = params
        self.cut = direction_params.cut
        self.params_hash = params_hash
        self.method = f"{METHOD}+{params.scale_name}" + (f"+{risk_params.scale_name}" if risk_params else "")
        self.valid_ns = max(LIVE_FOR_S, 2 * cadence.step_s) * 1_000_000_000

    def compose(
        self, symbol: str, ts: int, mode: Mode, row: Row, pct_market: float | None, market: Row | None = None
    ) -> Reading:
        """Reading of one symbol at `ts` (ns) from its columns and those of the MARKET row."""
        score = row("clri_score")
        parts = {name: self._component(name, row) for name in COMPONENTS}
        ages = [p.data_age_s for p in parts.values() if p.quality != "unknown" and p.data_age_s is not None]
        coverage = row.at_least_0("coverage")
        words = {p.quality for p in parts.values()}
        word = quality(
            known=score is not None,
            partial=coverage < self.params.partial_below,
            stale="stale" in words or any(self._is_stale(n, p) for n, p in parts.items()),
            warming=any(self._is_warming(name, row) for name in COMPONENTS),
        )
        d = row("direction_value")
        stress = row("composite_stress")
        spike = row("liq_is_spike")
        risk = row("liquidation_risk")
        pressure = market("stablecoin_pressure") if market is not None else None
        joint = joint_level(risk, None if pressure is None else int(pressure))
        vol = row("vol_regime")
        frames = {frame: row(f"mtf_{frame}") for frame in FRAMES}
        return Reading(
            symbol=symbol,
            ts=ts,
            mode=mode,
            quality=word,
            reasons=self._reasons(score, coverage, parts),
            coverage=coverage,
            data_age_s=max(ages, default=None),
            valid_until=ts + self.valid_ns,
            method=self.method,
            params_hash=self.params_hash,
            coarse_s=self.cadence.step_s if self.cadence.coarse else None,
            clri_score=None if score is None else int(score),
            clri_exact=row("clri_exact"),
            clri_raw=row("clri_raw"),
            risk_level=risk_level(score),
            direction=direction(d, self.cut),
            direction_value=d,
            direction_confidence=None if d is None else abs(d),
            component_scores={name: row(f"{name}_score") for name in COMPONENTS},
            weights=self._points("weight", score, row),
            contributions=self._points("contribution", score, row),
            component_quality=parts,
            price=row("price"),
            funding_rate=row("funding_8h"),
            predicted_funding=row("predicted_8h"),
            open_interest=row("oi_usd"),
            oi_change_1h_pct=row("oi_chg_1h_pct"),
            oi_change_24h_pct=row("oi_chg_24h_pct"),
            price_change_1h_pct=row("price_chg_1h_pct"),
            perp_volume_24h=row("perp_volume_24h_usd"),
            spot_volume_24h=row("spot_volume_24h_usd"),
            long_short_ratio=row("long_short_ratio"),
            bid_depth_usd=row("bid_depth_usd"),
            ask_depth_usd=row("ask_depth_usd"),
            liquidations_1h_usd=row("liq_1h_usd"),
            long_liquidations_1h=row("liq_1h_long_usd"),
            short_liquidations_1h=row("liq_1h_short_usd"),
            liquidation_percentile=row("liquidation_percentile"),
            liq_rate_per_min=row("liq_rate_per_min"),
            liq_is_spike=None if spike is None else spike > 0.0,
            basis_pct=row("basis_pct"),
            liquidation_oi_ratio=row("liquidation_oi_ratio"),
            funding_oi_stress=row("funding_oi_stress"),
            oi_price_divergence=row("oi_price_divergence"),
            composite_stress=stress,
            stress_level=risk_level(stress),
            funding_z=row("funding_z"),
            funding_anomaly_score=row("funding_anomaly_score"),
            detected_regime=REGIMES[int(row.at_least_0("regime"))],
            regime_intensity=row("regime_intensity"),
            vol_24h=row("vol_24h"),
            vol_regime=None if vol is None else VOL_REGIMES[int(vol)],
            risk_mult=row("risk_mult"),
            mtf={frame: None if code is None else FRAME_REGIMES[int(code)] for frame, code in frames.items()},
            mtf_regime=FRAME_REGIMES[int(row.at_least_0("mtf_regime"))],
            mtf_confidence=row("mtf_confidence"),
            liquidation_risk=risk,
            liquidation_risk_parts={name: row(f"lr_{name}") for name in liquidation_risk.PARTS},
            joint_level=joint.level,
            cascade_score=row("cascade_score_max"),
            cascade_signal=row("cascade_signal_max"),
            pct_self=row("pct_self"),
            pct_market=pct_market,
            extra={
                "combined_score": None if joint.combined is None else float(joint.combined),
                "pressure_unknown": None if joint.level is None else float(joint.pressure_unknown),
            }
            | row.named(EXTRA),
        )

    @staticmethod
    def _points(prefix: str, score: float | None, row: Row) -> dict[str, float]:
        if score is None:
            return {}
        return {name: row.at_least_0(f"{prefix}_{name}") for name in COMPONENTS}

    def _component(self, name: str, row: Row) -> ComponentQuality:
        at = EVIDENCE[name]
        score = row(f"{name}_score")
        coverage = row.at_least_0(f"{name}_evidence")
        ages = [age for group in at.inputs if (age := row(f"age_{group}_s")) is not None]
        age = max(ages, default=None)
        word: Quality = quality(
            known=score is not None,
            partial=coverage < self.params.partial_below,
            stale=age is not None and age > self._limit(at) / 2,
            warming=self._is_warming(name, row),
        )
        return ComponentQuality(coverage, age, word, self._reason(word, at, row, coverage, age))

    @staticmethod
    def _reason(word: Quality, at: Evidence, row: Row, coverage: float, age: float | None) -> str | None:
        if word == "ok":
            return None
        if word == "stale":
            return f"data {age:.0f} s old"
        if word == "partial":
            return f"coverage {coverage:.0%}"
        if word == "warming" or (at.warming is not None and row(at.warming)):
            return "history too short"
        covers = [row(f"cov_{group}") for group in at.inputs]
        known = [cov for cov in covers if cov is not None]
        return f"coverage {min(known):.0%}, no value" if len(known) == len(covers) else "no data"

    def _limit(self, at: Evidence) -> float:
        return float(max(at.limit_s, self.cadence.step_s if self.cadence.coarse else 0))

    def _is_stale(self, name: str, part: ComponentQuality) -> bool:
        if part.quality == "unknown" or part.data_age_s is None:
            return False
        return part.data_age_s > self._limit(EVIDENCE[name]) / 2

    @staticmethod
    def _is_warming(name: str, row: Row) -> bool:
        column = EVIDENCE[name].warming
        return column is not None and bool(row.at_least_0(column))

    @staticmethod
    def _reasons(score: float | None, coverage: float, parts: dict[str, ComponentQuality]) -> list[str]:
        reasons = [f"{name}: {part.reason}" for name, part in parts.items() if part.reason is not None]
        return [f"coverage {coverage:.0%} is too low", *reasons] if score is None else reasons
