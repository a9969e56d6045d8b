"""Detectors and levels against the truth of the simulated market: `python -m clri.testing.ground_truth`.

    feeds     a market's forced orders as facts: all of them, and what the venues' frames tell
    listener  the real cascade detectors behind the real reorder buffer, and what they declare
    maps      estimated levels from minute rows, frozen and held against the true map
    week      one simulated week of one seed, and what was found in it
    report    weeks added up: figures by name; table for people, page for docs/evidence/detection.md

Nothing here tunes anything: the detectors run with their defaults. Mode `replay-simulated`; no figure of it is a claim
about real markets.
"""
