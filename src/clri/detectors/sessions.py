"""Trading sessions by UTC hour: one tag per event for tables, all that are open for a chart."""

from typing import Final, Literal

from clri.model.timebase import DAY, HOUR

SessionType = Literal["weekend", "asian", "european", "us"]
Session = Literal["Asia", "Europe", "US"]

HOURS: Final[dict[Session, tuple[int, int]]] = {"Asia": (0, 9), "Europe": (7, 16), "US": (13, 22)}
"""Hours UTC in which each region trades, [from, to): Tokyo and Hong Kong, London, New York; daylight saving is
left out, so an edge may be an hour off in summer."""

_SATURDAY: Final = 5


def session_type(ts: int) -> SessionType:
    """The one session that a stored event is counted under (CONTRACTS 4): no hour belongs to two.

    Parameters
    ----------
    ts
        UTC ns.

    Notes
    -----
    Saturday and Sunday are `weekend`; else 00-08 `asian`, 08-14 `european`, 14-24 `us`, each [from, to).

    Examples
    --------
    >>> from clri.model.timebase import parse_iso
    >>> [session_type(parse_iso(f"2026-09-{t}")) for t in ("21T07:59:59.999", "21T08:00", "21T14:00", "20T12:00")]
    ['asian', 'european', 'us', 'weekend']
    """
    if _weekday(ts) >= _SATURDAY:
        return "weekend"
    hour = ts % DAY // HOUR
    return "asian" if hour < 8 else "european" if hour < 14 else "us"  # noqa: PLR2004 - hours of the contract


def open_sessions(ts: int) -> tuple[Session, ...]:
    """Every session that is open at a UTC time (ns), for shading and splits; none on weekends and 22-24 h.

    Notes
    -----
    The sessions of `HOURS` overlap: 07-09 is Asia and Europe, 13-16 Europe and US. A sum per open session therefore
    counts an event up to twice; a sum per `session_type` counts it once.

    Examples
    --------
    >>> from clri.model.timebase import parse_iso
    >>> [open_sessions(parse_iso(f"2026-09-21T{t}")) for t in ("03:00", "08:00", "14:30", "23:00")]
    [('Asia',), ('Asia', 'Europe'), ('Europe', 'US'), ()]
    >>> open_sessions(parse_iso("2026-09-20T14:30"))
    ()
    """
    if _weekday(ts) >= _SATURDAY:
        return ()
    hour = ts % DAY // HOUR
    return tuple(name for name, (start, end) in HOURS.items() if start <= hour < end)


def _weekday(ts: int) -> int:
    """Day of the week, Monday = 0: 1970-01-01 was a Thursday."""
    return (ts // DAY + 3) % 7
