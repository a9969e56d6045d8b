"""The leveraged market as compiled kernels over plain arrays (SIMULATION 2).

    params   the tables as arrays
    state    everything that a run carries on; copied, it is a fork
    start    cohorts in closed form
    paths    what moves without forced orders: volatility, returns, tastes
    forced   bins crossed, queues, forced orders and their impact
    run      one step after the other
    output   what a step gives
    stretch  the market under way
    feeds    what the venues' liquidation feeds would tell of a stretch of orders

No clock, no IO; two seeded streams, one of the background and one of leverage and order sizes.
"""
