"""How market data enters: pure mappers per venue, frame files, and (later) the sockets and polls that feed them."""
