"""What the event tier says now about a symbol: of each kind only the newest word counts."""

from typing import Final, TypeAlias

from clri.model.price_levels import PriceLevels, SupportZones
from clri.model.velocity import CascadeSignal, Velocity

EventState: TypeAlias = Velocity | CascadeSignal | PriceLevels | SupportZones
"""Outputs that replace the former one of their kind and symbol."""

STATE_KINDS: Final = (Velocity, CascadeSignal, PriceLevels, SupportZones)


def state_kind(item: EventState) -> str:
    """Tag that names the kind.

    Examples
    --------
    >>> [kind.__struct_config__.tag for kind in STATE_KINDS]
    ['vel', 'sig', 'lvl', 'zon']
    """
    return str(type(item).__struct_config__.tag)
