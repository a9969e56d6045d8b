"""How operators and scores are run: contracts, order of work, state as bytes, and the pipeline that wires them once."""
