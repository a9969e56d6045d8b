"""The rules of SCORES 2.1 once more, slow and plain: over the whole list of facts, without state."""

from fractions import Fraction

from clri.model.names import EXCHANGES


def time_of(fact):
    """When the value was true: the venue's time, but never after receipt."""
    return fact.ts if fact.ts_venue is None else min(fact.ts_venue, fact.ts)


def newest(facts, boundary, value):
    """Newest fact of each venue received by `boundary`, in the order of venues."""
    found = {}
    for venue in EXCHANGES:
        mine = [fact for fact in facts if fact.venue == venue and fact.ts <= boundary]
        if mine:
            found[venue] = max(mine, key=lambda f: (time_of(f), f.src == "ws", f.ts, value(f)))
    return found


def fresh(facts, boundary, limit, shares, value):
    """Newest facts of enabled venues that are not older than `limit`."""
    found = newest(facts, boundary, value)
    return {v: f for v, f in found.items() if v in shares.enabled() and boundary - f.ts <= limit}


def weights(shares):
    """Weight of each enabled venue as an exact fraction."""
    venues = shares.enabled()
    known = [v for v in venues if shares.oi_usd(v) is not None]
    total = sum((Fraction(shares.oi_usd(v)) for v in known), Fraction(0))
    share = sum((Fraction(shares.weight(v)) for v in known), Fraction(0))
    if not total or not share:
        return {v: Fraction(shares.weight(v)) for v in venues}
    return {v: Fraction(shares.oi_usd(v)) if v in known else Fraction(shares.weight(v)) * total / share for v in venues}


def median(values, weight):
    """Weighted median: the middle between the lower and the upper one."""
    if not sum(weight[v] for v in values):
        weight = dict.fromkeys(values, Fraction(1))
    half = sum(weight[v] for v in values) / 2
    have = [x for v, x in values.items() if weight[v]]
    lower = min(x for x in have if sum(weight[v] for v in values if values[v] <= x) >= half)
    upper = max(x for x in have if sum(weight[v] for v in values if values[v] >= x) >= half)
    return 0.5 * (lower + upper)


def mean(values, weight):
    """Weighted mean in exact arithmetic."""
    if not sum(weight[v] for v in values):
        weight = dict.fromkeys(values, Fraction(1))
    return float(sum(Fraction(x) * weight[v] for v, x in values.items()) / sum(weight[v] for v in values))


def share_of(venues, shares):
    """Coverage of a set of venues."""
    return sum(shares.weight(v) for v in venues)
