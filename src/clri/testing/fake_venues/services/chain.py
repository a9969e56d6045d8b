"""Blocks of an invented chain, with the transfers of two stablecoins."""

from functools import lru_cache
from typing import Final, Literal, NamedTuple

from clri.collect.providers.wallets import bundled
from clri.collect.simulate.chance import mix, unit

USDT: Final = "0xdac17f958d2ee523a2206206994597c13d831ec7"
USDC: Final = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
ZERO: Final = "0x" + "0" * 40
BLOCK_S: Final = 12
FIRST_TIME: Final = 1_681_338_455
FIRST_BLOCK: Final = 17_034_870
"""A real block and its time, s; here each later one comes after exactly 12 s."""
SMALL: Final = 6
"""Transfers below a million a block."""
LARGE_HOUR: Final = 20.0
"""Transfers to and from exchanges of at least a million an hour, in both directions together."""
MADE_DAY: Final = 2.0
"""Mints and burns a day."""
PARETO: Final = 1.3
MOST: Final = 200e6

Kind = Literal["transfer", "issue", "redeem"]


class Move(NamedTuple):
    """One event: `units` of 1e-6 tokens; USDT is issued and redeemed without a transfer."""

    contract: str
    kind: Kind
    sender: str
    to: str
    units: int
    block: int
    log_index: int

    @property
    def tx(self) -> str:
        """Hash of its transaction."""
        return f"0x{mix(self.block, self.log_index):016x}{mix(self.log_index, self.block, 1):048x}"


def block_at(seconds: int) -> int:
    """Newest block at a time, s.

    Examples
    --------
    >>> block_at(FIRST_TIME + 25) - FIRST_BLOCK
    2
    """
    return FIRST_BLOCK + (seconds - FIRST_TIME) // BLOCK_S


def time_of(block: int) -> int:
    """Time of a block, s."""
    return FIRST_TIME + (block - FIRST_BLOCK) * BLOCK_S


@lru_cache(maxsize=8192)
def moves(seed: int, block: int) -> tuple[Move, ...]:
    """Events of a block, the same whenever they are asked for."""
    found = [_small(seed, block, k) for k in range(SMALL)]
    if unit(seed, block, 100) < LARGE_HOUR * BLOCK_S / 3600.0:
        found.append(_large(seed, block, len(found)))
    if unit(seed, block, 200) < MADE_DAY * BLOCK_S / 86_400.0:
        found.append(_made(seed, block, len(found)))
    return tuple(found)


def _small(seed: int, block: int, k: int) -> Move:
    usd = 100.0 * 10.0 ** (3.9 * unit(seed, block, k, 1))
    contract = USDT if mix(seed, block, k) % 3 else USDC
    return Move(contract, "transfer", _person(seed, block, k), _person(seed, block, k + 50), round(usd * 1e6), block, k)


def _large(seed: int, block: int, index: int) -> Move:
    usd = min(MOST, 1e6 * (1.0 - unit(seed, block, 101)) ** (-1.0 / PARETO))
    exchanges = sorted(address for address, row in bundled().rows.items() if row.exchange)
    hot, person = exchanges[mix(seed, block, 102) % len(exchanges)], _person(seed, block, 103)
    sender, to = (person, hot) if mix(seed, block, 104) % 2 else (hot, person)
    contract = USDT if mix(seed, block, 105) % 3 else USDC
    return Move(contract, "transfer", sender, to, round(usd * 1e6), block, index)


def _made(seed: int, block: int, index: int) -> Move:
    units = round((50e6 + 450e6 * unit(seed, block, 201)) * 1e6)
    minted = mix(seed, block, 202) % 2 == 0
    if mix(seed, block, 203) % 2:
        return Move(USDT, "issue" if minted else "redeem", ZERO, ZERO, units, block, index)
    treasury = _person(seed, 0, 204)
    sender, to = (ZERO, treasury) if minted else (treasury, ZERO)
    return Move(USDC, "transfer", sender, to, units, block, index)


def _person(seed: int, block: int, k: int) -> str:
    return f"0x{mix(seed, block, k, 7):016x}{mix(seed, block, k, 8):024x}"
