"""From the market's columns and its members' readings to the published market reading (SCORES 3)."""

from collections.abc import Sequence
from typing import Final

from clri.engine.score import F8
from clri.model.levels import ELEVATED_FROM, HIGH_FROM, REGIMES, direction, risk_level
from clri.model.quality import quality
from clri.model.reading import MarketReading, Reading
from clri.scores.market import Market
from clri.scores.reading import Row
from clri.scores.stablecoin_pressure import BLIND

TOP: Final = 3
_COLUMNS: Final = {column.name: at for at, column in enumerate(Market.outputs)}


def compose_market(
    market: Market, readings: Sequence[Reading], y: F8, weights: F8, own: Row | None = None
) -> MarketReading:
    """Market reading of one row.

    Parameters
    ----------
    market
        The score, for its parameters.
    readings
        The symbols' readings of this row, in lane order; at least one.
    y, weights
        The market's columns `[outputs]` and the weights `[lanes]` of this row.
    own
        Columns of the market's own row (stablecoins); None = there are none.
    """
    p = market.params
    row = Row(_COLUMNS, y.tolist())
    score, coverage = row("market_clri"), row.at_least_0("market_coverage")
    members = [(r, float(w)) for r, w in zip(readings, weights, strict=True) if r.clri_score is not None]
    words = {r.quality for r, _ in members}
    d = row("market_direction_value")
    regime = row("market_regime")
    flow = _number(own, "stablecoin_flow")
    return MarketReading(
        ts=readings[0].ts,
        mode=readings[0].mode,
        quality=quality(
            known=score is not None,
            partial=coverage < p.partial_below,
            stale="stale" in words,
            warming="warming" in words,
        ),
        reasons=_reasons(score, coverage, readings),
        coverage=coverage,
        valid_until=readings[0].valid_until,
        market_clri=None if score is None else int(score),
        market_exact=row("market_exact"),
        risk_level=risk_level(score),
        market_direction=direction(d, p.cut),
        direction_value=d,
        symbols_tracked=len(members),
        symbols_elevated=sum(_score(r) >= ELEVATED_FROM for r, _ in members),
        symbols_high=sum(_score(r) >= HIGH_FROM for r, _ in members),
        weights={r.symbol: w for r, w in members},
        total_oi=row("total_oi"),
        top_contributors=_top(members),
        divergent_symbols=_divergent(members, score, p.divergence),
        individual_readings={r.symbol: r.clri_score for r in readings},
        stablecoin_pressure=_whole(own, "stablecoin_pressure"),
        stablecoin_parts=None
        if flow is None
        else {"net_flow": flow, "mint_burn": _number(own, "stablecoin_supply") or 0.0},
        net_exchange_flow=_number(own, "net_exchange_flow"),
        mint_burn_delta=_number(own, "mint_burn_delta"),
        large_transfers_count=_whole(own, "large_transfers_count"),
        coverage_note=None if flow is None else BLIND,
        breadth=row("breadth"),
        regime=None if regime is None else REGIMES[int(regime)],
    )


def _number(own: Row | None, name: str) -> float | None:
    return None if own is None else own(name)


def _whole(own: Row | None, name: str) -> int | None:
    value = _number(own, name)
    return None if value is None else int(value)


def _score(reading: Reading) -> int:
    return -1 if reading.clri_score is None else reading.clri_score


def _top(members: Sequence[tuple[Reading, float]]) -> list[tuple[str, float, int]]:
    ranked = sorted(members, key=lambda m: (-m[1] * (m[0].clri_exact or 0.0), m[0].symbol))
    return [(r.symbol, w, _score(r)) for r, w in ranked[:TOP]]


def _divergent(members: Sequence[tuple[Reading, float]], score: float | None, least: int) -> list[tuple[str, int, int]]:
    if score is None:
        return []
    apart = [(r.symbol, _score(r), _score(r) - int(score)) for r, _ in members]
    return sorted((row for row in apart if row[2] >= least), key=lambda row: (-row[2], row[0]))


def _reasons(score: float | None, coverage: float, readings: Sequence[Reading]) -> list[str]:
    unknown = [r.symbol for r in readings if r.clri_score is None]
    reasons = [f"no score: {', '.join(unknown)}"] if unknown else []
    return [f"coverage {coverage:.0%} is too low", *reasons] if score is None else reasons
