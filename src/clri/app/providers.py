"""What the settings say about the data services, as their runner takes it."""

from typing import TYPE_CHECKING

from clri.app.settings.model import Settings

if TYPE_CHECKING:
    from clri.collect.providers.run import Setup


def provider_setup(settings: Settings) -> "Setup":
    """Coins, addresses, keys, wallet labels.

    Raises
    ------
    ConfigError
        If the file of wallet labels cannot be read or holds a wrong line.

    Examples
    --------
    >>> setup = provider_setup(Settings())
    >>> setup.watch.min_usd, setup.access["etherscan"].key, setup.ccxt
    (1000000.0, None, ())
    """
    from clri.collect.providers.mapper import Watch
    from clri.collect.providers.run import Access, Setup
    from clri.collect.providers.wallets import wallets

    collect = settings.collect
    watch = Watch(settings.general.symbols, collect.stablecoin.min_usd, wallets(collect.stablecoin.wallets_file))
    return Setup(
        watch,
        {
            "coinglass": Access(collect.coinglass.url, collect.coinglass.api_key),
            "coingecko": Access(collect.coingecko.url, collect.coingecko.api_key),
            "etherscan": Access(collect.etherscan.url, collect.etherscan.api_key),
            "defillama": Access(collect.defillama.url, collect.defillama.api_key),
        },
        collect.ccxt.exchanges,
    )
