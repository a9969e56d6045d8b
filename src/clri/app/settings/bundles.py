"""Variables of the original tools that hold several keys at once, as one JSON object (CONTRACTS 8).

Their module `config.py` held dictionaries of these names; as a variable each is the same dictionary in JSON:
``LIQUIDATION_CFG={"cascade_threshold_usd": 500000, "critical_velocity": 200000}``.
"""

from typing import Any, Final

import msgspec

from clri.app.settings.findings import UNREADABLE, Findings
from clri.app.settings.given import Given

BUNDLES: Final[dict[str, dict[str, tuple[str, float]]]] = {
    "LIQUIDATION_CFG": {
        "cascade_threshold_usd": ("cascade.sustained.min_usd", 1),
        "critical_velocity": ("cascade.sustained.velocity_usd_h", 1),
        "velocity_window": ("cascade.sustained.window_h", 1),
    },
    "FUNDING_CFG": {
        "anomaly_z_threshold": ("funding.anomaly_z", 1),
        "reversal_threshold": ("funding.reversal_8h", 100),
        "vol_threshold": ("funding.vol_8h", 100),
    },
    "VOLATILITY_CFG": {
        "stable_threshold": ("volatility.stable", 1),
        "high_vol_threshold": ("volatility.high_vol", 1),
        "explosive_threshold": ("volatility.explosive", 1),
    },
}
"""Variable -> field -> (key, divisor): the original's percent becomes a fraction."""


def spread(name: str, told: Given, findings: Findings) -> dict[str, Given]:
    """Values by key of one such variable; what is wrong with it goes to `findings`.

    Examples
    --------
    >>> from clri.app.settings.origins import Origin
    >>> told = Given('{"reversal_threshold": 0.05}', Origin("environment", "FUNDING_CFG"), text=True)
    >>> spread("FUNDING_CFG", told, Findings())["funding.reversal_8h"].raw
    0.0005
    """
    try:
        fields = msgspec.json.decode(told.raw, type=dict[str, Any])
    except msgspec.DecodeError:
        findings.problem(UNREADABLE, f"{told.origin} is no JSON object; expected {_example(name)}")
        return {}
    found = {}
    for field, value in fields.items():
        if field not in BUNDLES[name]:
            findings.warn("config.ignored", f"{name}.{field} ({told.origin.place}): known are {_fields(name)}")
            continue
        key, divisor = BUNDLES[name][field]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        raw = value / divisor if number and divisor != 1 else value
        found[key] = Given(raw, told.origin, alias=f"{name}.{field}")
    return found


def _fields(name: str) -> str:
    return ", ".join(BUNDLES[name])


def _example(name: str) -> str:
    return f'{{"{next(iter(BUNDLES[name]))}": number}} with {_fields(name)}'
