"""The tokens that are watched, and the events that move or make them."""

from typing import Final, Literal

import msgspec

Kind = Literal["transfer", "issue", "redeem"]

CHAIN_ID: Final = 1
ZERO: Final = "0x" + "0" * 40
"""USDC is minted from it and burned to it."""
DECIMALS: Final = 6
UNIT: Final = 10**DECIMALS

TOPICS: Final[dict[Kind, str]] = {
    "transfer": "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
    "issue": "0xcb8241adb0c3fdb35b70c24ce35c5eb0c17af7431c99f827d44a445ca624176a",
    "redeem": "0x702d5967f45f6513a38ffc42d6ba9bf230bd40e8f53b16363c7eb4fd2deb9a44",
}
"""Signatures: Transfer(from, to, value), and USDT's Issue(amount) and Redeem(amount), which move no token."""
KINDS: Final[dict[str, Kind]] = {topic: kind for kind, topic in TOPICS.items()}


class Stream(msgspec.Struct, frozen=True):
    """One kind of event of one token."""

    token: str
    contract: str
    kind: Kind

    @property
    def channel(self) -> str:
        """Name of its feed."""
        return "transfers" if self.kind == "transfer" else "supply_events"


USDT: Final = "0xdac17f958d2ee523a2206206994597c13d831ec7"
USDC: Final = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"

STREAMS: Final = (
    Stream("USDT", USDT, "transfer"),
    Stream("USDC", USDC, "transfer"),
    Stream("USDT", USDT, "issue"),
    Stream("USDT", USDT, "redeem"),
)
BY_EVENT: Final = {(stream.contract, stream.kind): stream for stream in STREAMS}
