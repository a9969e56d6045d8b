"""A seeded stress event, told in the venues' own frames: what replays and tests need when no exchange is at hand.

    coins    the market at rest: coins, venues, shares
    event    the story second by second: calm, leverage builds, cascade, flush
    view     the market as one venue sees it
    venues/  what each venue says, in its own words
    throttle which liquidations a venue tells
    frames   everything said, by time of receipt
    history  minute rows of the days before
    source   all of it as a source of facts, with the truth beside it

Everything here is invented and labelled so; mode `replay-simulated`.
"""
