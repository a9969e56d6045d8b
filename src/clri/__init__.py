"""Crypto Leverage Risk Index: public derivatives feeds in, leverage-risk scores and alerts out.

The package in the order in which data flow through it::

    collect/    venue frames, provider polls, captures, the simulator  ->  facts
    model/      the nouns: facts, instruments, Observation, Reading, levels, time, codec, errors
    ports.py    every seam as a Protocol: sources, logs, stores, notifiers
    maths/      streaming statistics as compiled kernels and exact sums
    engine/     operator contract, keyed state, snapshots, the one pipeline
    detectors/  event tier, every fact: liquidation window, cascade, velocity, price levels
    observe/    facts  ->  one Observation per symbol per minute (the narrow waist)
    scores/     minute tier: Observations  ->  Reading and MarketReading, one score per file
    evaluate/   how good the numbers are: baselines, calibration, event studies
    rules/      readings  ->  alerts: hysteresis, cooldown, one file per rule
    stores/     memory, SQLite, PostgreSQL, Redis behind one schema
    deliver/    outbox, renderers, notifiers, exports
    serve/      HTTP API, streams, dashboard, terminal, metrics
    client/     readers, sizing and filters for trading systems and notebooks
    hosts/      what drives the pipeline: live, replay, backtest, distributed
    app/        command line, settings and the one place that knows concrete classes
    testing/    builders, fake venues and conformance suites for users and plug-ins

An import goes down only; ARCHITECTURE.md shows the floors, `make lint` checks them.
Nothing is imported here, so that ``import clri.x`` loads x and what x needs.
"""
