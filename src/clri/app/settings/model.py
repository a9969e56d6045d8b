"""The sections of the settings and every key that has an effect in this version; nothing else is a key.

Defaults are those of the scores' and detectors' `Params` (SCORES 11); a test holds the two together, for importing
those here would load the compiler before a command knows that it needs one.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from clri.app.settings.places import data_folder
from clri.app.settings.readers import DAYS, FOLDER, SPEED, STEPS, STORE, SYMBOLS, URL, VENUES, YES, one_of
from clri.app.settings.section import USD_MOST, Section, about, span, special, usd
from clri.app.settings.services import Ccxt, CoinGecko, Coinglass, DefiLlama, Etherscan, Stablecoin
from clri.model.errors import ConfigError
from clri.model.names import EXCHANGES, Venue

SUM_TOLERANCE: Final = 1e-9


class General(Section, frozen=True):
    """What is watched, and where data are kept."""

    symbols: Annotated[tuple[str, ...], special(SYMBOLS, "coins to track, in any spelling")] = (
        *("BTC", "ETH", "SOL", "XRP", "DOGE", "AVAX", "LINK", "ADA"),
    )
    venues: Annotated[
        tuple[Venue, ...], special(VENUES, "venues that should deliver; coverage is measured against them")
    ] = EXCHANGES
    data_dir: Annotated[
        Path,
        special(
            FOLDER,
            "folder of the stores; ~ is the home folder, a relative path begins at the working folder",
            absent="the platform's data folder",
            example="/var/lib/clri",
        ),
    ] = msgspec.field(default_factory=data_folder)


class Weights(Section, frozen=True):
    """Shares of the five components in a score; each at least 0, sum 1."""

    funding: Annotated[float, span(0.0, 1.0, "fraction", "weight of funding")]
    oi: Annotated[float, span(0.0, 1.0, "fraction", "weight of open interest")]
    volume: Annotated[float, span(0.0, 1.0, "fraction", "weight of volume")]
    liquidation: Annotated[float, span(0.0, 1.0, "fraction", "weight of liquidations")]
    imbalance: Annotated[float, span(0.0, 1.0, "fraction", "weight of the order-book imbalance")]

    def __post_init__(self) -> None:
        if min(self.row) < 0.0 or not abs(sum(self.row) - 1.0) <= SUM_TOLERANCE:
            raise ConfigError(f"weights sum to {sum(self.row):.10g}; expected 1, each >= 0", code="CLRI-CFG-010")

    @property
    def row(self) -> tuple[float, float, float, float, float]:
        """Weights in the order of the scores."""
        return self.funding, self.oi, self.volume, self.liquidation, self.imbalance


class RegimeZ(Section, frozen=True):
    """z from which a regime is detected; half of its weights apply there, all of them one z above."""

    liquidation: Annotated[float, span(1.0, 10.0, "z", "z of liquidations: LIQUIDATION_CASCADE")] = 2.0
    funding: Annotated[float, span(1.0, 10.0, "z", "z of funding: FUNDING_STRESS")] = 2.0
    oi: Annotated[float, span(1.0, 10.0, "z", "z of the change of open interest: OI_SPIKE")] = 2.5


class RegimeWeights(Section, frozen=True):
    """Weights in full regime."""

    liquidation: Annotated[Weights, about("Weights in a full LIQUIDATION_CASCADE; sum 1.")] = Weights(
        0.20, 0.20, 0.10, 0.35, 0.15
    )
    funding: Annotated[Weights, about("Weights in full FUNDING_STRESS; sum 1.")] = Weights(0.35, 0.20, 0.10, 0.20, 0.15)
    oi: Annotated[Weights, about("Weights in a full OI_SPIKE; sum 1.")] = Weights(0.20, 0.35, 0.15, 0.20, 0.10)


class Regime(Section, frozen=True):
    """When the weights move, and where to."""

    z: RegimeZ = RegimeZ()
    weights: RegimeWeights = RegimeWeights()


class StablecoinFlows(Section, frozen=True):
    """How stablecoin flows become a pressure."""

    sign_convention: Annotated[
        Literal["outflow_bullish", "inflow_bullish"],
        special(
            one_of("outflow_bullish", "inflow_bullish"),
            "which flow counts as buying pressure: coins leaving exchanges, or coins coming in",
        ),
    ] = "outflow_bullish"


class Scoring(Section, frozen=True):
    """How the score is made."""

    min_coverage: Annotated[
        float,
        msgspec.Meta(gt=0.0, le=1.0, description="coverage below which a score is UNKNOWN", extra={"unit": "fraction"}),
    ] = 0.40
    weights: Annotated[Weights, about("Weights without a regime; sum 1.")] = Weights(0.25, 0.25, 0.15, 0.20, 0.15)
    regime: Regime = Regime()
    stablecoin: StablecoinFlows = StablecoinFlows()
    level_step: Annotated[
        tuple[str, ...],
        special(STEPS, "width of a coin's price levels; others get 0.1 % of the price, rounded to 1-2-5", unit="USD"),
    ] = ("BTC=100",)


class Burst(Section, frozen=True):
    """When liquidations of a symbol are a cascade: all three at once."""

    min_events: Annotated[int, span(1, 10_000, "n", "least number of liquidations in the window")] = 5
    window_s: Annotated[int, span(1, 3_600, "s", "length of the window")] = 60
    min_usd: Annotated[float, usd("least sum in the window; the symbol's own history may raise it")] = 100_000.0


class Sustained(Section, frozen=True):
    """When liquidations over hours are a cascade: both at once."""

    min_usd: Annotated[float, usd("least sum in the window")] = 500_000.0
    velocity_usd_h: Annotated[
        float,
        msgspec.Meta(
            gt=0.0,
            le=USD_MOST,
            description="least liquidations per hour; the symbol's own history may raise it",
            extra={"unit": "USD/h"},
        ),
    ] = 200_000.0
    window_h: Annotated[int, span(1, 24, "h", "length of the window")] = 4


class Cascade(Section, frozen=True):
    """How cascades are judged."""

    burst: Burst = Burst()
    sustained: Sustained = Sustained()
    institutional_usd: Annotated[float, usd("size from which one liquidation counts as institutional")] = 100_000.0
    bias_share: Annotated[
        float, span(0.5, 1.0, "fraction", "share of one side above which the cascade has that side")
    ] = 0.6


def url(about: str) -> msgspec.Meta:
    """Description of a base URL of a venue."""
    return special(URL, about, absent="the venue's own", example="http://127.0.0.1:9000")


class VenueAccess(Section, frozen=True):
    """How one venue is reached; no key is needed."""

    ws_url: Annotated[str | None, url("base URL of its sockets")] = None
    rest_url: Annotated[str | None, url("base URL of its REST calls")] = None
    spot_rest_url: Annotated[str | None, url("base URL of its REST calls about spot")] = None
    enabled: Annotated[bool, special(YES, "whether it is collected at all")] = True
    weight_limit: Annotated[
        float, span(0.01, 1.0, "fraction", "share of the venue's own rate limit that calls may use")
    ] = 0.4
    proxy: Annotated[
        str | None,
        special(URL, "HTTP proxy for this venue", absent="none is ever chosen", example="http://127.0.0.1:3128"),
    ] = None


class Venues(Section, frozen=True):
    """One section a venue."""

    binance: Annotated[VenueAccess, about("Binance USD-M.")] = VenueAccess()
    bybit: Annotated[VenueAccess, about("Bybit linear perpetuals.")] = VenueAccess()
    okx: Annotated[VenueAccess, about("OKX swaps.")] = VenueAccess()
    gate: Annotated[VenueAccess, about("Gate USDT futures.")] = VenueAccess()
    bitget: Annotated[VenueAccess, about("Bitget USDT futures.")] = VenueAccess()
    hyperliquid: Annotated[VenueAccess, about("Hyperliquid.")] = VenueAccess()


class Funding(Section, frozen=True):
    """When funding is an anomaly; rates are fractions per 8 h."""

    anomaly_z: Annotated[float, span(0.5, 10.0, "z", "size of z above which a rate is an anomaly")] = 2.0
    reversal_8h: Annotated[
        float, span(0.00001, 0.05, "per 8 h", "change against the last settled rate above which it is rapid")
    ] = 0.0005
    vol_8h: Annotated[
        float, span(0.00001, 0.05, "per 8 h", "standard deviation of a week of settlements above which it is high")
    ] = 0.0002


class Volatility(Section, frozen=True):
    """Upper edges of the volatility regimes, on the scale of a day (not annualised); they ascend."""

    stable: Annotated[float, span(0.0001, 1.0, "fraction", "volatility up to which a symbol is STABLE")] = 0.01
    high_vol: Annotated[float, span(0.0001, 1.0, "fraction", "volatility up to which it is HIGH_VOL")] = 0.05
    explosive: Annotated[float, span(0.0001, 1.0, "fraction", "volatility up to which it is EXPLOSIVE")] = 0.10

    def __post_init__(self) -> None:
        if not self.stable < self.high_vol < self.explosive:
            edges = f"{self.stable:g}, {self.high_vol:g}, {self.explosive:g}"
            raise ConfigError(f"edges were {edges}; expected stable < high_vol < explosive", code="CLRI-CFG-010")


class Collect(Section, frozen=True):
    """How facts are taken in."""

    reorder_s: Annotated[
        float, span(0.0, 30.0, "s", "how long events wait for earlier ones that are still under way")
    ] = 2.0
    venue: Annotated[Venues, about("How each venue is reached.")] = Venues()
    capture: Annotated[
        str, special(one_of("off", "events", "all"), "raw frames that `clri up` keeps; events = all but order books")
    ] = "off"
    capture_gb: Annotated[float, span(0.001, 10_000.0, "GB", "room for raw frames; the oldest hours go first")] = 10.0
    coinglass: Coinglass = Coinglass()
    etherscan: Etherscan = Etherscan()
    coingecko: CoinGecko = CoinGecko()
    defillama: DefiLlama = DefiLlama()
    stablecoin: Stablecoin = Stablecoin()
    ccxt: Ccxt = Ccxt()


def keep(rows: str) -> msgspec.Meta:
    """Description of a retention."""
    return special(DAYS, f"how long {rows} stay", unit="days")


class Retention(Section, frozen=True):
    """Days that rows stay, by table."""

    observations: Annotated[int | None, keep("observation rows")] = 90
    clri_readings: Annotated[int | None, keep("readings of symbols")] = 90
    market_summaries: Annotated[int | None, keep("readings of the market")] = 90
    liquidation_events: Annotated[int | None, keep("single liquidations")] = 7
    liquidations_significant: Annotated[int | None, keep("large liquidations and those of cascades")] = 90
    cascades: Annotated[int | None, keep("cascades")] = 365
    correlations: Annotated[int | None, keep("correlations of pairs")] = 365
    funding_events: Annotated[int | None, keep("funding anomalies and reversals")] = 365
    feed_status: Annotated[int | None, keep("changes of feeds")] = 90
    feed_health: Annotated[int | None, keep("pictures of the health of the feeds")] = 7


class Storage(Section, frozen=True):
    """Where rows are kept, and how long."""

    url: Annotated[
        str | None,
        special(
            STORE,
            "the store",
            absent="one SQLite file per mode in general.data_dir",
            example="sqlite:////var/lib/clri/clri.sqlite",
        ),
    ] = None
    retention: Retention = Retention()

    @property
    def path(self) -> Path | None:
        """File of `url`; None = one file per mode in the data folder."""
        return None if self.url is None else Path(self.url.removeprefix("sqlite:///")).expanduser()

    @property
    def days(self) -> dict[str, int | None]:
        """Retention by table, as a store takes it; None = forever."""
        return msgspec.structs.asdict(self.retention)


class Replay(Section, frozen=True):
    """How recordings and simulated events are played."""

    speed: Annotated[float, special(SPEED, "seconds of the recording per second; 0 = flat out", unit="x")] = 60.0
    seed: Annotated[int, span(0, 4_294_967_295, "-", "seed of the simulated event")] = 42


class Cache(Section, frozen=True):
    """Where compiled code is kept."""

    dir: Annotated[
        Path | None,
        special(FOLDER, "folder of the compiled kernels", absent="the user's cache folder", example="/var/cache/clri"),
    ] = None


class Settings(Section, frozen=True):
    """All settings; every field has a default, so nothing is required to start.

    Examples
    --------
    >>> settings = Settings()
    >>> settings.cascade.burst.window_s, settings.storage.path
    (60, None)
    """

    general: General = msgspec.field(default_factory=General)
    scoring: Scoring = Scoring()
    cascade: Cascade = Cascade()
    funding: Funding = Funding()
    volatility: Volatility = Volatility()
    collect: Collect = Collect()
    storage: Storage = Storage()
    replay: Replay = Replay()
    cache: Cache = Cache()
