"""Variables of the original tools (CONTRACTS 8): those that set a key, those that wait, those without effect."""

from fnmatch import fnmatchcase
from typing import Final, Literal

ALIASES: Final[dict[str, str]] = {
    "TRACKED_SYMBOLS": "general.symbols",
    "SYMBOLS": "general.symbols",
    "HYPERLIQUID_SYMBOLS": "general.symbols",
    "ENABLED_EXCHANGES": "general.venues",
    "EXCHANGES": "general.venues",
    "LIQUIDATION_EXCHANGES": "general.venues",
    "INSTITUTIONAL_THRESHOLD_USD": "cascade.institutional_usd",
    "DATABASE_URL": "storage.url",
    "DB_URL": "storage.url",
    "COINGLASS_API_KEY": "collect.coinglass.api_key",
    "ETHERSCAN_API_KEY": "collect.etherscan.api_key",
    "COINGECKO_API_KEY": "collect.coingecko.api_key",
}
"""Variable -> key; of several for one key the first here wins."""

WAITING: Final[tuple[str, ...]] = (
    *("LOG_LEVEL", "MONITORING_LOG_LEVEL"),
    "POLLING_INTERVAL",
    "WEBSOCKET_TIMEOUT",
    "ALERT_COOLDOWN",
    "ALERT_RATE_LIMIT_SECONDS",
    "ENABLE_ALERTS",
    "SUMMARY_INTERVAL",
    *("DISCORD_WEBHOOK_URL", "DISCORD_BOT_TOKEN", "DISCORD_CHANNEL_ID"),
    *("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"),
    "WEBHOOKS_*",
    *("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD"),
    *("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"),
    *("REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_LIQ_DB"),
    "KAFKA_BOOTSTRAP_SERVERS",
    *("PORT", "HEALTH_CHECK_PORT", "PROMETHEUS_PORT"),
    *("RATE_LIMIT_MAX_REQUESTS", "RATE_LIMIT_WINDOW"),
    "ATLAS_EXPORT_PATH",
)
"""Variables whose key comes in a later version."""

IGNORED: Final[tuple[str, ...]] = (
    "OPENAI_API_KEY",
    "SESSION_SECRET",
    "INVITE_CODES",
    "MAX_CONNECTIONS",
    "GRAFANA_*",
    *(f"{venue}_API_{kind}" for venue in ("BINANCE", "COINBASE", "HYPERLIQUID") for kind in ("KEY", "SECRET")),
    *("BACKEND_URL", "MARKET_DATA_URL"),
    *("ENABLE_CEX_MONITORING", "ENABLE_DEX_MONITORING", "ENABLE_METRICS", "ENABLE_*_ALERTS"),
    *("LIQUIDATION_THRESHOLD_*", "HYPERLIQUID_THRESHOLD_*", "OI_THRESHOLD_*"),
)
"""Variables that stay without effect."""

CLIENT: Final[tuple[str, ...]] = ("CLRI_STATE_PATH", "CLRI_API_URL", "CLRI_SESSION_TOKEN", "CLRI_DATABASE_URL")
"""Variables that the client's factories read (CONTRACTS 3)."""


def original(name: str) -> Literal["waiting", "ignored"] | None:
    """What became of a variable of the original tools that sets no key.

    Examples
    --------
    >>> original("PORT"), original("GRAFANA_URL"), original("ENABLE_ALERTS"), original("HOME")
    ('waiting', 'ignored', 'waiting', None)
    """
    if any(fnmatchcase(name, pattern) for pattern in WAITING):
        return "waiting"
    return "ignored" if any(fnmatchcase(name, pattern) for pattern in IGNORED) else None
