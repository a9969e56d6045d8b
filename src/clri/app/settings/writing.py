"""How values are written: for TOML, for variables, for JSON. Logins in addresses are masked."""

import json
from pathlib import Path
from typing import Any

from clri.app.settings.findings import masked
from clri.app.settings.keys import Key
from clri.app.settings.readers import DAYS, FOREVER, NONE
from clri.model.secret import Secret


def as_json(key: Key, value: Any) -> Any:  # noqa: ANN401 - any value of a key, as JSON holds it
    """Value as JSON and TOML hold it; None = not set."""
    if value is None:
        return FOREVER if key.reader is DAYS else None
    if isinstance(value, tuple):
        return [masked(word) for word in value]
    return masked(str(value)) if isinstance(value, str | Path | Secret) else value


def as_toml(key: Key, value: Any) -> str:  # noqa: ANN401 - any value of a key
    """Value as TOML text.

    Examples
    --------
    >>> from clri.app.settings.keys import keys
    >>> as_toml(keys()["general.symbols"], ("BTC", "ETH")), as_toml(keys()["storage.retention.cascades"], None)
    ('["BTC", "ETH"]', '"forever"')
    """
    return json.dumps(as_json(key, value), ensure_ascii=False)


def as_text(key: Key, value: Any) -> str:  # noqa: ANN401 - any value of a key
    """Value as text of a variable."""
    plain = as_json(key, value)
    return ",".join(plain) or NONE if isinstance(plain, list) else str(plain)


def written_default(key: Key) -> str:
    """Default for people: as TOML, or what its absence means."""
    return key.absent or as_toml(key, key.default)


def described(key: Key) -> str:
    """One line: meaning, unit, what is expected."""
    unit = f"{key.unit}; " if key.unit and key.unit != "-" else ""
    return f"{key.about[0].upper()}{key.about[1:]} ({unit}{key.reader.expected})"
