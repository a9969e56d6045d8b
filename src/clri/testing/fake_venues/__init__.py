"""Six exchanges and four data services on 127.0.0.1, for tests and for trying clri without a network (VENUES 10).

    server    FakeVenues: all of it, as an async context
    clock     time of the market, up to a thousand times as fast
    market    the simulated market, played a little ahead
    site      one host: sockets and REST calls
    line      one connection, and what goes out over it
    protocol, protocols/  what each venue makes of the frames of a client
    limits    how many calls each venue allows
    faults, damage  what can be made to go wrong
    truth     which liquidations were told, and which were not

`python -m clri.testing.fake_venues` runs it by itself. Everything it says is invented.
"""

from clri.testing.fake_venues.server import FakeVenues

__all__ = ["FakeVenues"]
