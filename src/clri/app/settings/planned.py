"""Settings of CONTRACTS 8 that no code of this version reads: they are answered, not swallowed."""

from typing import Final

PLANNED: Final[dict[str, str]] = {
    "general.mode": "live collection comes later, a replay knows its mode",
    "general.log_level": "logs come with live collection; -q and -v serve until then",
    "general.log_format": "logs come with live collection",
    "collect.poll_s": "live collection comes later",
    "collect.silence_min_s": "live collection comes later",
    "collect.venue": "live collection comes later",
    "collect.capture": "live collection comes later",
    "collect.capture_gb": "live collection comes later",
    "collect.coinglass": "data providers come later",
    "collect.etherscan": "data providers come later",
    "collect.coingecko": "data providers come later",
    "collect.defillama": "data providers come later",
    "collect.stablecoin": "stablecoin flows come later",
    "scoring.stablecoin": "stablecoin flows come later",
    "scoring.level_step": "price levels come later",
    "cascade.sustained": "the four-hour cascade detector comes later",
    "funding": "the funding-anomaly score comes later",
    "volatility": "the volatility regime comes later",
    "alerts": "alerts come later",
    "deliver": "delivery of alerts comes later",
    "storage.spool_mb": "the spool of a remote store comes later",
    "redis": "Redis comes later",
    "kafka": "Kafka comes later",
    "serve": "the web server comes later",
    "atlas": "the ATLAS state file comes later",
    "replay.source": "name the recording on the command line: clri replay FILE",
    "replay.send": "delivery of alerts comes later",
}
"""Key or section -> what it waits for."""


def planned(name: str) -> str:
    """What a key waits for; "" if no version has it.

    Examples
    --------
    >>> planned("serve.port"), planned("redis"), planned("server.port")
    ('the web server comes later', 'Redis comes later', '')
    """
    parts = name.split(".")
    return next((PLANNED[part] for part in (".".join(parts[:n]) for n in (1, 2)) if part in PLANNED), "")
