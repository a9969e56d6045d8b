"""How good the numbers are (EVALUATION): what is to be found, written down apart from what finds it.

    bursts     cascades of a complete list of liquidations, by the definition and nothing else
    label_c    starts of cascades: liquidations against open interest, with a move of the price
    detection  cascades as declared, held against labels: recall, delay, false starts
    levels     maps of liquidation levels, held against each other and against a baseline

Pure functions of arrays and updates: no clock, no IO.
"""
