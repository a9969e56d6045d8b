"""Sections of the data services, which are optional: without a key most of them are not asked (VENUES 3)."""

from pathlib import Path
from typing import Annotated

import msgspec

from clri.app.settings.readers import FILE, HTTPS, NAMES, SECRET
from clri.app.settings.section import Section, special, usd
from clri.model.secret import Secret


def service(about: str) -> msgspec.Meta:
    """Description of the base URL of a data service."""
    return special(HTTPS, about)


def key(about: str) -> msgspec.Meta:
    """Description of a key of a data service."""
    return special(SECRET, about, absent="none; without one it is not asked", example="your-key")


class Coinglass(Section, frozen=True):
    """Coinglass: liquidations of an hour per exchange, to compare with."""

    url: Annotated[str, service("base URL")] = "https://open-api-v4.coinglass.com"
    api_key: Annotated[Secret | None, key("key")] = None


class Etherscan(Section, frozen=True):
    """Etherscan: transfers, mints and burns of USDT and USDC on Ethereum."""

    url: Annotated[str, service("base URL, the path of the API included")] = "https://api.etherscan.io/v2/api"
    api_key: Annotated[Secret | None, key("key")] = None


class CoinGecko(Section, frozen=True):
    """CoinGecko: prices, and derivatives of exchanges that have no adapter here."""

    url: Annotated[str, service("base URL")] = "https://api.coingecko.com/api/v3"
    api_key: Annotated[Secret | None, key("demo key")] = None


class DefiLlama(Section, frozen=True):
    """DefiLlama: circulating stablecoins; it needs no key."""

    url: Annotated[str, service("base URL")] = "https://stablecoins.llama.fi"
    api_key: Annotated[
        Secret | None, special(SECRET, "not used", absent="none; none is needed", example="your-key")
    ] = None


class Stablecoin(Section, frozen=True):
    """Which transfers count."""

    min_usd: Annotated[float, usd("least size of a transfer")] = 1_000_000.0
    wallets_file: Annotated[
        Path | None,
        special(
            FILE,
            "own wallet labels: lines of address,label,exchange,source,date",
            absent="only the labels that come with clri",
            example="/etc/clri/wallets.csv",
        ),
    ] = None


class Ccxt(Section, frozen=True):
    """Further exchanges by polling, with the extra `clri[ccxt]`; shown, never scored."""

    exchanges: Annotated[tuple[str, ...], special(NAMES, "names of exchanges as ccxt spells them")] = ()
