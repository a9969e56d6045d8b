"""What a transfer of a stablecoin is to the market: made, destroyed, into or out of exchanges, or neither."""

from clri.collect.providers.etherscan.tokens import ZERO
from clri.collect.providers.wallets import Wallets
from clri.model.names import Flow


def flow_of(sender: str, to: str, wallets: Wallets) -> Flow:
    """Kind of flow between two addresses, in small letters.

    Coins from the zero address are a MINT, to it a BURN. Otherwise the labels decide: both ends at exchanges (one or
    two) is EXCHANGE_TRANSFER, which is nobody's decision to sell or to hold; one end is EXCHANGE_INFLOW or
    EXCHANGE_OUTFLOW; none is WHALE_TRANSFER. An address without a label counts as no exchange's. Deposits go to an
    address of the customer's own first, which has no label: they count when the exchange collects them.

    Examples
    --------
    >>> from clri.collect.providers.wallets import bundled
    >>> binance, stranger = "0x28c6c06298d514db089934071355e5743bf21d60", "0x" + "a" * 40
    >>> flow_of(stranger, binance, bundled()), flow_of(ZERO, binance, bundled())
    ('EXCHANGE_INFLOW', 'MINT')
    """
    if sender == ZERO:
        return "MINT"
    if to == ZERO:
        return "BURN"
    out, into = wallets.exchange(sender), wallets.exchange(to)
    if out and into:
        return "EXCHANGE_TRANSFER"
    if into:
        return "EXCHANGE_INFLOW"
    return "EXCHANGE_OUTFLOW" if out else "WHALE_TRANSFER"
