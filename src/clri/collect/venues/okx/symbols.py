"""How OKX spells its contracts, and its list of them (VENUES 2.3, 9)."""

import re
from typing import Final

from clri.collect import checks
from clri.collect.instruments import STABLES, instrument
from clri.collect.listing import UNKNOWN_SIZE
from clri.collect.values import blank, step, time_of
from clri.collect.venues.okx.bootstrap import BOOTSTRAP
from clri.collect.venues.okx.frames import Listing
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument

_MAJORS: Final = {row.raw: row for row in BOOTSTRAP}
_PERP: Final = re.compile(r"([A-Z0-9]{1,24})-(USDT|USDC)-SWAP")
_PAIR: Final = re.compile(r"([A-Z0-9]{1,24})-(USDT|USDC)")


def perp_of(raw: str) -> Instrument | str:
    """Stable-settled swap that the spelling means, its size known for majors only; or why it does not count.

    Examples
    --------
    >>> [perp_of(raw).contract_size for raw in ("BTC-USDT-SWAP", "NEW-USDC-SWAP")]
    [0.01, nan]
    >>> raws = ("BTC-USDT", "BTC-USD-SWAP", "BTC-USDT-260327", "BTC-USD-260327-60000-C", "BTC-EUR-SWAP")
    >>> [perp_of(raw) for raw in raws]
    ['spot_pair_off', 'inverse_off', 'dated_off', 'option_off', 'quote_off']
    """
    if spelled := _PERP.fullmatch(raw):
        return _MAJORS.get(raw) or instrument(0, "okx", raw, *spelled.groups(), contract_size=UNKNOWN_SIZE)
    parts = raw.split("-")
    if len(parts) == 1:
        return "unknown_symbol"
    if len(parts) == 2:  # noqa: PLR2004
        return "spot_pair_off"
    if parts[-1] != "SWAP":
        return "option_off" if parts[-1] in {"C", "P"} else "dated_off"
    if parts[1] in STABLES:
        return "unknown_symbol"
    return "inverse_off" if parts[1] == "USD" else "quote_off"


def spot_of(raw: str) -> Instrument | None:
    """Spot pair of a coin against a dollar stablecoin, or None for any other pair.

    Examples
    --------
    >>> spot_of("ETH-USDC").settle, spot_of("ETH-BTC"), spot_of("USDC-USDT")
    ('USDC', None, None)
    """
    spelled = _PAIR.fullmatch(raw)
    if spelled is None or spelled[1] in STABLES:
        return None
    return instrument(0, "okx", raw, *spelled.groups(), market="spot")


def contract(row: Listing, recv_ns: int) -> Instrument | str:
    """Instrument of one row of the list: a linear perpetual in a stable that trades; or why it does not count.

    Contract size = ctVal × ctMult in coins, told in ctValCcy, which must be the base coin.
    """
    reason = _why_off(row)
    if reason is not None:
        return reason
    base = row.inst_id.split("-")[0]
    if row.ct_val_ccy != base:
        raise QuarantineError("unit", f"ctValCcy of {row.inst_id} was {row.ct_val_ccy!r}; expected {base!r}")
    value, times = blank(row.ct_val), blank(row.ct_mult)
    if value is None or times is None:
        raise QuarantineError("schema", f"{row.inst_id} has no ctVal or ctMult; expected both")
    return instrument(
        recv_ns,
        "okx",
        row.inst_id,
        base,
        row.settle_ccy,
        contract_size=checks.qty(value * times),
        tick_size=step(row.tick_sz),
        qty_step=step(row.lot_sz),
        valid_from=time_of(row.list_time),
        valid_to=time_of(row.exp_time),
    )


def _why_off(row: Listing) -> str | None:
    if row.inst_type != "SWAP":
        return {"SPOT": "spot_pair_off", "FUTURES": "dated_off", "OPTION": "option_off"}.get(row.inst_type, "type_off")
    if row.ct_type == "inverse":
        return "inverse_off"
    if row.ct_type != "linear" or row.settle_ccy not in STABLES:
        return "quote_off"
    if row.rule_type == "pre_market":
        return "pre_market_off"
    return None if row.state == "live" else "not_live"
