"""The venue's instrument list, and why an id outside of it is not used."""

from collections.abc import Iterator

from clri.collect import checks
from clri.collect.instruments import instrument
from clri.collect.tally import Tally
from clri.collect.venues.okx.facts import maybe_ms, positive
from clri.collect.venues.okx.frames import Listing
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument


def why_not(inst_id: str, stables: tuple[str, ...]) -> str:
    """Reason why an id that is not listed is not used, after its spelling.

    Examples
    --------
    >>> stables = ("USDT", "USDC")
    >>> ids = ("BTC-USDT", "BTC-USD-SWAP", "BTC-USDT-260327", "BTC-USD-260327-60000-C", "BTC-EUR-SWAP", "NEW-USDT-SWAP")
    >>> [why_not(i, stables) for i in ids]
    ['spot_pair_off', 'inverse_off', 'dated_off', 'option_off', 'quote_off', 'unknown_symbol']
    """
    parts = inst_id.split("-")
    if len(parts) == 1:
        return "unknown_symbol"
    if inst_id.count("-") == 1:
        return "spot_pair_off"
    if parts[-1] != "SWAP":
        return "option_off" if parts[-1] in {"C", "P"} else "dated_off"
    if parts[1] in stables:
        return "unknown_symbol"
    return "inverse_off" if parts[1] == "USD" else "quote_off"


def instruments(rows: list[Listing], stables: tuple[str, ...], recv_ns: int, tally: Tally) -> Iterator[Instrument]:
    """Linear perpetuals in a stable that trade; the others are counted with a reason.

    Contract size = ctVal × ctMult in coins, told in ctValCcy, which must be the base coin.
    """
    for row in rows:
        reason = _off(row, stables)
        if reason is not None:
            tally.row_ignored(reason)
            continue
        try:
            yield _instrument(row, recv_ns)
        except QuarantineError as error:
            tally.row_quarantined(error.reason, row.inst_id.encode())


def _off(row: Listing, stables: tuple[str, ...]) -> str | None:
    if row.inst_type != "SWAP":
        return {"SPOT": "spot_pair_off", "FUTURES": "dated_off", "OPTION": "option_off"}.get(row.inst_type, "type_off")
    if row.ct_type == "inverse":
        return "inverse_off"
    if row.ct_type != "linear" or row.settle_ccy not in stables:
        return "quote_off"
    if row.rule_type == "pre_market":
        return "pre_market_off"
    return None if row.state == "live" else "not_live"


def _instrument(row: Listing, recv_ns: int) -> Instrument:
    base = row.inst_id.split("-")[0]
    if row.ct_val_ccy != base:
        raise QuarantineError("unit", f"ctValCcy of {row.inst_id} was {row.ct_val_ccy!r}; expected {base!r}")
    value, times = checks.maybe(row.ct_val), checks.maybe(row.ct_mult)
    if value is None or times is None:
        raise QuarantineError("schema", f"{row.inst_id} has no ctVal or ctMult; expected both")
    return instrument(
        recv_ns,
        "okx",
        row.inst_id,
        base,
        row.settle_ccy,
        contract_size=checks.qty(value * times),
        tick_size=positive(row.tick_sz, 1.0),
        qty_step=positive(row.lot_sz, 1.0),
        valid_from=maybe_ms(row.list_time),
        valid_to=maybe_ms(row.exp_time),
    )
