"""Evaluation: labels, matching, maps, and a small run against the simulated market's truth."""
