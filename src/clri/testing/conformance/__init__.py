"""Conformance suites: plain functions `check_*` that any implementation of a port must pass.

| module | port |
|---|---|
| store | `clri.ports.Store` |
"""
