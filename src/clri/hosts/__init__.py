"""What drives the pipeline: live feeds, a recording, or a table of history. Hosts know ports, never edges.

live        sources push facts, the clock pushes Ticks; a restart goes on where the log ends
supervisor  keeps a source running, and says when it fails
heard       until when each venue was heard: the gaps that no collector can tell
spool       what waits for a store that does not write
replay      a recording, paced or flat out
backtest    a table of observations
ticker      time as data
check       the stage before the pipeline, as hosts see it
"""
