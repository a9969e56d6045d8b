"""How focused a burst of liquidations is: six factors and their weighted sum (SCORES 5)."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from clri.detectors.liquidation_window import LiquidationWindow

_MOST: Final = 2.0


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the cascade detector (SCORES 11 `cascade.*`); the defaults are those of the reference.

    Parameters
    ----------
    window
        Length of the event window, s.
    min_events
        Events in the window for the condition, n.
    floor_usd
        Least threshold, USD.
    quantile, quantile_window, n_min
        Adaptive threshold: fraction of the quantile, look-back in d, samples (minutes) before it counts.
    institutional_usd
        Size from which an event is institutional, USD.
    price_ref
        Relative standard deviation of prices at which clustering is 0.
    epm_ref
        Events per minute worth 1.
    venue_min_share
        Share of the window's USD from which a venue counts, 0..1; taken in millionths.
    end_after
        Time after `last_met_at` at which a cascade ends, s.
    side_share
        Share of one side above which `side_bias` names it (`cascade.bias_share`), 0.5..1.

    Raises
    ------
    ValueError
        If a field is out of its range.
    """

    window: int = 60
    min_events: int = 5
    floor_usd: float = 1e5
    quantile: float = 0.999
    quantile_window: int = 30
    n_min: int = 10_080
    institutional_usd: float = 1e5
    price_ref: float = 0.005
    epm_ref: float = 10.0
    venue_min_share: float = 0.01
    end_after: int = 60
    side_share: float = 0.6

    def __post_init__(self) -> None:
        whole = {name: getattr(self, name) for name in ("window", "min_events", "end_after", "n_min")}
        above = {name: getattr(self, name) for name in ("floor_usd", "price_ref", "epm_ref", "institutional_usd")}
        wrong = [f"{name}={value} (expected >= 1)" for name, value in whole.items() if not value >= 1]
        wrong += [f"{name}={value} (expected > 0)" for name, value in above.items() if not value > 0.0]
        for name, least in (("quantile", 0.0), ("venue_min_share", 0.0), ("side_share", 0.5)):
            if not least <= getattr(self, name) <= 1.0:
                wrong.append(f"{name}={getattr(self, name)} (expected {least}..1)")
        if wrong:
            raise ValueError("cascade parameters: " + ", ".join(wrong))


Factors: TypeAlias = tuple[float, float, float, float, float, float]
"""Six factors in the order of `NAMES`, each 0..2; 1 = at threshold for volume and time."""

NAMES: Final = ("volume", "time_compression", "price_clustering", "side_imbalance", "institutional", "cross_exchange")
WEIGHTS: Final = (25, 20, 20, 15, 15, 5)
"""Weights in percent: six times 2 gives exactly 2, which binary fractions would not promise."""


def factors(window: LiquidationWindow, threshold_usd: float, params: Params) -> Factors:
    """Six factors of a window.

    Parameters
    ----------
    window
        Sums of (t - 60 s, t].
    threshold_usd
        Adaptive threshold, USD, > 0.
    params
        References of the factors.

    Returns
    -------
    Factors
        Each finite and 0..2; all 0 for an empty window.

    Notes
    -----
    With V the window's USD, L and S its two sides, n its events (SCORES 5):

    | factor | formula |
    |---|---|
    | volume | min(2, V / threshold_usd) |
    | time_compression | min(2, events per minute / epm_ref) |
    | price_clustering | 2 * (1 - min(1, (std / mean of price) / price_ref)), population std |
    | side_imbalance | 2 * abs(L - S) / V |
    | institutional | 2 * (USD of events >= institutional_usd) / V |
    | cross_exchange | 0 / 1 / 2 for 1 / 2 / >= 3 venues with at least venue_min_share of V |

    One event alone has std 0 and one side, so it scores at least 0.72: the score grades focus, the condition size.

    Examples
    --------
    >>> from clri.detectors.liquidation_window import event_of
    >>> from clri.testing.builders import liquidation
    >>> window = LiquidationWindow(60_000_000_000, 100_000_000_000, 10_000)
    >>> for qty in (1.0, 2.0):
    ...     window.add(event_of(liquidation(price=60_000.0, qty=qty)))
    >>> found = factors(window, 100_000.0, Params())
    >>> [round(value, 4) for value in found], round(risk_score(found), 4)
    ([1.8, 0.2, 2.0, 2.0, 1.3333, 0.0], 1.39)
    """
    n, usd = window.n, window.usd
    if n == 0:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    volume = usd / 1_000_000 / threshold_usd
    pace = n * 60 / params.window / params.epm_ref
    cv = window.price_cv
    spread = 1.0 if cv is None else cv / params.price_ref
    venues = window.venues_counted
    return (
        volume if volume < _MOST else _MOST,
        pace if pace < _MOST else _MOST,
        _MOST * (1.0 - spread) if spread < 1.0 else 0.0,
        2 * abs(2 * window.long - usd) / usd if usd else 0.0,
        2 * window.institutional / usd if usd else 0.0,
        0.0 if venues < 2 else 1.0 if venues == 2 else 2.0,  # noqa: PLR2004 - one, two, more
    )


def risk_score(found: Factors) -> float:
    """Weighted sum of the factors, 0..2; bands: `clri.model.levels.cascade_band`.

    Examples
    --------
    >>> risk_score((2.0, 2.0, 2.0, 2.0, 2.0, 2.0)), risk_score((0.0, 2.0, 0.0, 2.0, 0.0, 0.0))
    (2.0, 0.7)
    """
    a, b, c, d, e, f = found
    v, w, x, y, z, u = WEIGHTS
    return (v * a + w * b + x * c + y * d + z * e + u * f) / 100.0
