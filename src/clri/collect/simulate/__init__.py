"""A seeded leveraged market, told in the venues' own frames: what demonstrations, replays and tests need (SIMULATION).

    coins      the market at rest: coins, venues, tiers of leverage
    market/    the model as compiled kernels: positions, engines, depth, prices
    script     scenarios: what is done to the market, and when
    scenarios/ those that come along
    world      the market of a seed under a scenario: history by minutes, then a tape by seconds
    tape       what venues can know of it
    history    minute rows of the days before
    past       what venues tell of the time before
    view       the market as one venue sees it
    voice      what every venue is asked and says; texts how numbers are written, chance for latency
    venues/    what each venue says, in its own words; replies/ what it answers
    throttle   which liquidations a venue tells
    frames     everything said, by time of receipt
    source     all of it as a source of facts
    truth      what really happened, beside the run; bursts finds its cascades
    about      what is unrealistic in it

Everything here is invented and labelled so; mode `replay-simulated`.
"""
