"""Against itself: where each displayed input stands in its own past (SCORES 1, mid-rank R).

<input>_percentile = 100 * (#{h < x} + 0.5 * #{h = x}) / n over the input's own history, 0..100, the present value
excluded. Funding, open interest, price and positions look back 30 d and need 7 d; volumes, basis, depth and
liquidations 7 d and need 2 d, as SCORES 1 sets them for what is scored. Signed inputs are ranked with their sign: 2 is
as unusual as 98. Missing input, or too short a history: missing. What is ranked elsewhere (the open-interest index,
|basis|, hourly liquidations, stress signals, the score itself) is not ranked twice.

These ranks are shown, not scored, so one sample per 30 minutes (30 d) or 10 minutes (7 d) is enough: 1,440 and 1,008
samples place a value to 0.1 %, at a quarter of the memory and time of the 5-minute grid that scored histories keep.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from clri.engine.cadence import DAY_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths.history import History
from clri.scores.track import Track


class Span(NamedTuple):
    """A history: window and need in days, seconds between samples."""

    days: int
    need_days: int
    every_s: int


class Ranked(NamedTuple):
    """One ranked input: its column, the name that its rank goes by, and its history."""

    column: str
    name: str
    span: Span


LONG: Final = Span(30, 7, 1_800)
SHORT: Final = Span(7, 2, 600)


RANKED: Final = (
    Ranked("funding_8h", "funding_percentile", LONG),
    Ranked("predicted_8h", "predicted_funding_percentile", LONG),
    Ranked("funding_spread", "funding_spread_percentile", LONG),
    Ranked("oi_chg_5m_pct", "oi_change_5m_percentile", LONG),
    Ranked("oi_chg_1h_pct", "oi_change_1h_percentile", LONG),
    Ranked("oi_chg_4h_pct", "oi_change_4h_percentile", LONG),
    Ranked("oi_chg_24h_pct", "oi_change_24h_percentile", LONG),
    Ranked("oi_top_share", "oi_concentration_percentile", LONG),
    Ranked("price_chg_1h_pct", "price_change_1h_percentile", LONG),
    Ranked("price_chg_4h_pct", "price_change_4h_percentile", LONG),
    Ranked("long_short_ratio", "long_short_percentile", LONG),
    Ranked("perp_volume_24h_usd", "perp_volume_percentile", SHORT),
    Ranked("spot_volume_24h_usd", "spot_volume_percentile", SHORT),
    Ranked("basis_pct", "signed_basis_percentile", SHORT),
    Ranked("bid_depth_usd", "bid_depth_percentile", SHORT),
    Ranked("ask_depth_usd", "ask_depth_percentile", SHORT),
    Ranked("liq_5m_usd", "liquidations_5m_percentile", SHORT),
    Ranked("liq_1h_long_usd", "long_liquidations_percentile", SHORT),
    Ranked("liq_1h_short_usd", "short_liquidations_percentile", SHORT),
    Ranked("liq_rate_per_min", "liquidation_rate_percentile", SHORT),
)


@dataclass(frozen=True, slots=True)
class Params:
    """What is ranked, over which history.

    Parameters
    ----------
    ranked
        Inputs with window, need and sampling.
    """

    ranked: tuple[Ranked, ...] = RANKED


class Percentiles:
    """Ranks of the displayed inputs.

    Examples
    --------
    At daily rows 12 of them suffice; the 13th is below all but one of them.

    >>> import numpy as np
    >>> score = Percentiles(Cadence(86_400))
    >>> x = np.full((len(score.inputs), 13, 1), np.nan)
    >>> x[0, :, 0] = [*range(1, 13), 1.5]
    >>> y = np.empty((len(score.outputs), 13, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> round(float(y[0, 12, 0]), 4), float(y[0, 11, 0]), float(y[1, 12, 0])
    (8.3333, nan, nan)
    """

    name = "percentiles"

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        self.inputs = tuple(ranked.column for ranked in self.params.ranked)
        self.outputs = tuple(
            Column(ranked.name, "%", 0.0, 100.0, f"rank of {ranked.column} in its own {ranked.span.days} days")
            for ranked in self.params.ranked
        )
        self.tracks = tuple(Track(ranked.name, _history(ranked.span, cadence)) for ranked in self.params.ranked)

    def state(self, lanes: int) -> State:
        """One history per input."""
        arrays: State = {}
        for track in self.tracks:
            arrays |= track.state(lanes)
        return arrays

    def learn(self, t0: int, state: State, x: F8) -> None:
        """Let the rows join the histories."""
        for at, track in enumerate(self.tracks):
            track.learn(t0, state, x[at])

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        for at, track in enumerate(self.tracks):
            track.roll(t0, state, x[at], None, y[at])


def _history(span: Span, cadence: Cadence) -> History:
    """Shape at a cadence; rows further apart than the samples are all taken."""
    rows = max(1, span.every_s // cadence.step_s)
    sample_s = rows * cadence.step_s
    need = max(1, span.need_days * DAY_S // sample_s, 12 if cadence.coarse else 0)
    return History(cap=max(span.days * DAY_S // sample_s, need), every=rows, n_min=need)
