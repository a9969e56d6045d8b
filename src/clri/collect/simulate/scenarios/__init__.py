"""Scenarios as TOML files; `clri.collect.simulate.script` says what may stand in them."""
