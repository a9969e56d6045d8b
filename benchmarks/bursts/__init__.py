"""The processes of `live_burst`: a server that sends bursts, and the contenders that receive them.

talk     commands and answers between processes, one JSON object a line
memory   what a process holds, now and at most
server   the fake venues, and bursts of their frames at wire speed
ours     the collector: up to facts, or through the live host and its pipeline
theirs   ccxt.pro on the same streams
"""
