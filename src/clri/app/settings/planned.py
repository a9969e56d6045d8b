"""Settings of CONTRACTS 8 that no code of this version reads: they are answered, not swallowed."""

from typing import Final

PLANNED: Final[dict[str, str]] = {
    "general.mode": "live collection comes later, a replay knows its mode",
    "general.log_level": "logs come with live collection; -q and -v serve until then",
    "general.log_format": "logs come with live collection",
    "collect.poll_s": "each venue is polled at its own pace, within 40 % of its limits",
    "collect.silence_min_s": "silence is judged from 5 s on, by each feed's own pace",
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
