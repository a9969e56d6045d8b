"""From settings to the parameters of scores and detectors: the one place that knows which key sets which field.

| key | field |
|---|---|
| scoring.min_coverage | `unknown_below` of the score and of the market index |
| scoring.weights, scoring.regime.weights | the four weight rows of the score |
| scoring.regime.z | where a regime begins; its intensity begins one z below, so that it is 0.5 there (SCORES 2.3) |
| volatility | the edges of the volatility regimes |
| cascade.burst, cascade.institutional_usd, cascade.bias_share | the cascade detector |
| scoring.level_step | the price levels |
| cascade.sustained, cascade.bias_share | the 4-h cascade |
| funding | the funding anomaly; fractions become percent |
| scoring.stablecoin | the sign of stablecoin flows |
| collect.reorder_s | the reorder buffer |
"""

from typing import Final

from clri.app.settings.model import Settings
from clri.detectors import branching, cascade_score, price_levels, support_zones, velocity
from clri.detectors import signal as cascade_signal
from clri.model.timebase import SECOND
from clri.scores import cascade4h, clri, funding_anomaly, market, stablecoin_pressure, volatility

PERCENT: Final = 100.0

BELOW_Z: Final = 1.0
"""How far below its trigger the intensity of a regime begins, z."""


def scores_params(settings: Settings) -> dict[str, object]:
    """Parameters by name in `clri.scores.SCORES` and `MARKET_SCORES`; a score that is not there keeps its own.

    Examples
    --------
    >>> scores_params(Settings())["clri"] == clri.Params()
    True
    """
    scoring = settings.scoring
    z, rows = scoring.regime.z, scoring.regime.weights
    return {
        "clri": clri.Params(
            weights=scoring.weights.row,
            cascade_weights=rows.liquidation.row,
            funding_weights=rows.funding.row,
            oi_weights=rows.oi.row,
            z_liquidation=z.liquidation,
            z_funding=z.funding,
            z_oi=z.oi,
            from_liquidation=z.liquidation - BELOW_Z,
            from_funding=z.funding - BELOW_Z,
            from_oi=z.oi - BELOW_Z,
            unknown_below=scoring.min_coverage,
        ),
        "volatility": volatility.Params(
            stable=settings.volatility.stable,
            high_vol=settings.volatility.high_vol,
            explosive=settings.volatility.explosive,
        ),
        "cascade4h": cascade4h_params(settings),
        "funding_anomaly": funding_anomaly.Params(
            anomaly_z_threshold=settings.funding.anomaly_z,
            reversal_threshold=settings.funding.reversal_8h * PERCENT,
            vol_threshold=settings.funding.vol_8h * PERCENT,
        ),
        "stablecoin_pressure": stablecoin_pressure.Params(sign_convention=scoring.stablecoin.sign_convention),
    }


def cascade4h_params(settings: Settings) -> cascade4h.Params:
    """Parameters of the 4-h cascade, for its score and for its record.

    Examples
    --------
    >>> cascade4h_params(Settings()) == cascade4h.Params()
    True
    """
    sustained = settings.cascade.sustained
    return cascade4h.Params(
        window=sustained.window_h,
        min_usd=sustained.min_usd,
        critical_velocity=sustained.velocity_usd_h,
        side_share=settings.cascade.bias_share,
    )


def events_params(settings: Settings) -> dict[str, object]:
    """Parameters by name in `clri.scores.EVENTS`; one that is not there keeps its own.

    Examples
    --------
    >>> events_params(Settings()) == {"sustained": cascade4h.Params()}
    True
    """
    return {"sustained": cascade4h_params(settings)}


def market_params(settings: Settings) -> market.Params:
    """Parameters of the market index.

    Examples
    --------
    >>> market_params(Settings()) == market.Params()
    True
    """
    return market.Params(unknown_below=settings.scoring.min_coverage)


def detectors_params(settings: Settings) -> dict[str, object]:
    """Parameters by name in `clri.detectors.DETECTORS`.

    Examples
    --------
    >>> detectors_params(Settings())["cascade"] == cascade_score.Params()
    True
    """
    cascade = settings.cascade
    steps = (word.partition("=") for word in settings.scoring.level_step)
    return {
        "cascade": cascade_score.Params(
            window=cascade.burst.window_s,
            min_events=cascade.burst.min_events,
            floor_usd=cascade.burst.min_usd,
            institutional_usd=cascade.institutional_usd,
            side_share=cascade.bias_share,
        ),
        "velocity": velocity.Params(),
        "signal": cascade_signal.Params(),
        "price_levels": price_levels.Params(steps=tuple((coin, float(width)) for coin, _, width in steps)),
        "support_zones": support_zones.Params(),
        "branching": branching.Params(),
    }


def reorder_ns(settings: Settings) -> int:
    """How long events wait for earlier ones, ns.

    Examples
    --------
    >>> reorder_ns(Settings())
    2000000000
    """
    return round(settings.collect.reorder_s * SECOND)
