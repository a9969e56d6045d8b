"""Streaming statistics as compiled kernels and exact sums, one idea per file.

    kernel       the decorator of every compiled function, `registered`, `freeze`, `cache_state`
    cache        where compiled code is kept between starts
    log          one own `ln` and `exp`: equal bytes compiled, interpreted and across machines
    order        exact order statistics of one history: replace, median, MAD, mid-rank
    search       where values belong among sorted samples: one, or several side by side
    history      blocks of rows against histories: signed z, rank, n
    quantile     quantiles of histories, for adaptive thresholds
    moments      rolling mean and standard deviation, refreshed at absolute anchors
    correlation  rolling Pearson correlation of two series, refreshed at absolute anchors
    sums         exact rolling sums of money with the count of rows that had a value
    money        USD to whole micro-USD and back (plain Python)
    scale        piecewise-linear tables, clip, squash, rounding (compiled)
    rounding     the two roundings of published numbers (plain Python)
    asof         the last rows of a series: the value at t - span, at most tol older
    ewma         exponentially weighted mean that knows the time between samples

Inside this floor NaN means "missing" (test ``v == v``); at the edge it becomes None. Panels are C-contiguous
``f64[T, L]`` (rows x lanes), states are arrays whose bytes are the snapshot: a slot is an absolute row number
modulo the window, so a later start ends in the same bytes. Rows come without gaps: an outage is rows of NaN.
Nothing is imported here, so that ``import clri.maths`` does not load the compiler; `money` and `rounding`
never do.
"""
