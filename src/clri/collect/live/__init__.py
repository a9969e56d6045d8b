"""A venue collected live: what it lists, its sockets and calls, its history, and what fills its gaps.

venue     one venue from its lists to its last fact; `VenueCollector.run` serves until it is cancelled
lists     what the venue lists, asked until it answers, and kept for a day
sockets   its sockets, exchanged without a gap when other topics are wanted
gaps      liquidations that came by REST for the time that no socket delivered
recorder  raw frames on their way into a capture folder
"""
