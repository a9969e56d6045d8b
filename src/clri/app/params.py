"""From settings to the parameters of scores and detectors: the one place that knows which key sets which field.

| key | field |
|---|---|
| scoring.min_coverage | `unknown_below` of the score and of the market index |
| scoring.weights, scoring.regime.weights | the four weight rows of the score |
| scoring.regime.z | where a regime begins; its intensity begins one z below, so that it is 0.5 there (SCORES 2.3) |
| cascade.burst, cascade.institutional_usd, cascade.bias_share | the cascade detector |
| collect.reorder_s | the reorder buffer |
"""

from typing import Final

from clri.app.settings.model import Settings
from clri.detectors import cascade_score
from clri.model.timebase import SECOND
from clri.scores import clri, market

BELOW_Z: Final = 1.0
"""How far below its trigger the intensity of a regime begins, z."""


def scores_params(settings: Settings) -> dict[str, object]:
    """Parameters by name in `clri.scores.SCORES`; a score that is not there keeps its own.

    Examples
    --------
    >>> scores_params(Settings()) == {"clri": clri.Params()}
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
        )
    }


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
    >>> detectors_params(Settings()) == {"cascade": cascade_score.Params()}
    True
    """
    cascade = settings.cascade
    return {
        "cascade": cascade_score.Params(
            window=cascade.burst.window_s,
            min_events=cascade.burst.min_events,
            floor_usd=cascade.burst.min_usd,
            institutional_usd=cascade.institutional_usd,
            side_share=cascade.bias_share,
        )
    }


def reorder_ns(settings: Settings) -> int:
    """How long events wait for earlier ones, ns.

    Examples
    --------
    >>> reorder_ns(Settings())
    2000000000
    """
    return round(settings.collect.reorder_s * SECOND)
