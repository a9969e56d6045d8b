"""Views for a terminal: plain functions from stored numbers to rich tables."""
