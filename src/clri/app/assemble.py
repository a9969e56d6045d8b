"""The composition root: names in registries become objects, and objects are wired. Nothing else knows them all."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from clri.app.settings.model import Settings
from clri.collect.venues import VENUES
from clri.engine.cadence import Cadence
from clri.model.errors import ConfigError
from clri.model.names import EXCHANGES, MARKET, Mode, Venue

if TYPE_CHECKING:
    from clri.collect.mapper import VenueMapper
    from clri.engine.pipeline import MarketPipeline
    from clri.scores.tier import MinuteTier

MINUTE: Final = Cadence(60)
DEFAULTS: Final = Settings()


def load(reference: str) -> Any:  # noqa: ANN401 - whatever the registry names
    """Object that a registry names as `module:name`."""
    module, name = reference.split(":")
    return getattr(import_module(module), name)


def build_mapper(venue: str) -> "VenueMapper":
    """Fresh mapper of a venue.

    Raises
    ------
    ConfigError
        If the venue is unknown.
    """
    if venue not in VENUES:
        raise ConfigError(f"venue was {venue!r}; expected one of {', '.join(VENUES)}", code="CLRI-CFG-005")
    mapper: VenueMapper = load(VENUES[venue])()
    return mapper


def build_tier(symbols: Sequence[str], cadence: Cadence = MINUTE, settings: Settings = DEFAULTS) -> "MinuteTier":
    """Minute tier with every registered score.

    Parameters
    ----------
    symbols
        One lane each.
    cadence
        Row spacing; minutes unless a table says otherwise.
    settings
        Where the user changed a parameter.
    """
    from clri.app.params import events_params, market_params, scores_params
    from clri.scores import EVENTS, MARKET_SCORES, SCORES
    from clri.scores.market import Market
    from clri.scores.tier import MinuteTier

    changed = scores_params(settings)
    scores = [
        load(reference)(cadence, changed[name]) if name in changed else load(reference)(cadence)
        for name, reference in SCORES.items()
    ]
    heard = events_params(settings)
    events = [load(reference)(tuple(symbols), cadence, heard.get(name)) for name, reference in EVENTS.items()]
    of_market = [load(reference)(cadence, changed.get(name)) for name, reference in MARKET_SCORES.items()]
    return MinuteTier(scores, Market(market_params(settings)), symbols, cadence, events, of_market)


def build_pipeline(
    symbols: Sequence[str],
    mode: Mode,
    venues: Sequence[Venue] = EXCHANGES,
    settings: Settings = DEFAULTS,
    tier: "MinuteTier | None" = None,
    *,
    stablecoins: bool = False,
) -> "MarketPipeline":
    """Pipeline of facts to outputs for these symbols.

    Parameters
    ----------
    symbols
        Base coins to track.
    mode
        Stamped on every output.
    venues
        Venues that should deliver; coverage is measured against them.
    settings
        Where the user changed a parameter.
    tier
        A minute tier that has already taken history; None = fresh.
    stablecoins
        Whether transfers are collected, so that there is a row of MARKET.
    """
    from clri.app.params import detectors_params, reorder_ns
    from clri.detectors import DETECTORS
    from clri.engine.pipeline import MarketPipeline, SymbolPipeline
    from clri.engine.reorder import Reorder
    from clri.observe.row import RowBuilder

    detectors = {name: load(reference) for name, reference in DETECTORS.items()}
    changed = detectors_params(settings)
    pipelines = {
        symbol: SymbolPipeline(
            RowBuilder(symbol, mode, tuple(venues)),
            {
                name: detector(symbol, mode, *((changed[name],) if name in changed else ()))
                for name, detector in detectors.items()
            },
        )
        for symbol in symbols
    }
    return MarketPipeline(
        pipelines,
        tier or build_tier(symbols, settings=settings),
        RowBuilder(MARKET, mode, tuple(venues)) if stablecoins else None,
        reorder=Reorder(reorder_ns(settings)),
    )
