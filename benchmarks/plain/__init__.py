"""The work of our mappers by orjson and plain Python: same routes, checks, ids and counts, dictionaries as facts.

Written for speed as far as plain Python goes: one pass over a decoded frame, and checks only where ours have them. What
only broken frames need (decoding row by row) is left out; it costs a good frame nothing on either side.
"""

from importlib import import_module

from benchmarks.plain.mapper import PlainMapper


def plain_mapper(venue: str) -> PlainMapper:
    """Fresh mapper of binance, bybit or okx."""
    found: PlainMapper = import_module(f"benchmarks.plain.{venue}").Mapper()
    return found
