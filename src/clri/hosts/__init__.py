"""What drives the pipeline: a recording, a table of history, and (later) live feeds. Hosts know ports, never edges."""
