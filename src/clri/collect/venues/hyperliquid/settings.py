"""Where Hyperliquid is, and what of it is used."""

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the Hyperliquid adapter; every URL can point to a stand-in.

    Attributes
    ----------
    ws
        Base URL of the socket, without path.
    rest
        Base URL of the REST calls, without path.
    spot
        Base URL of the spot calls; the same host.
    parent_vault
        Address of the HLP vault, whose children take over liquidated positions.
    vaults
        Addresses of the children, used until the venue has told them (one of them inferred, not seen).
    spot_coins
        (token of the venue's spot market, coin it stands for); other tokens are not used.
    """

    ws: str = "wss://api.hyperliquid.xyz"
    rest: str = "https://api.hyperliquid.xyz"
    spot: str = "https://api.hyperliquid.xyz"
    parent_vault: str = "0xdfc24b077bc1425ad1dea75bcb6f8158e10df303"
    vaults: tuple[str, ...] = (
        "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14",
        "0xb0a55f13d22f66e6d495ac98113841b2326e9540",
        "0x5e177e5e39c0f4e421f5865a6d8beed8d921cb70",
        "0x2ed5c4484ea3ff8b57d5f2fb152a40d9f2b68308",
        "0x010461c14e146ac35fe42271bdc1134ee31c703a",
        "0x31ca8395cf837de08b24da3f660e77761dfb974b",
        "0x469f690213c467c39a23efacfd2816896009d7d8",
    )
    spot_coins: tuple[tuple[str, str], ...] = (("UBTC", "BTC"), ("UETH", "ETH"), ("USOL", "SOL"))
