"""The whole collector against the fake venues, over real sockets on loopback."""
