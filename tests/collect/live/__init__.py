"""Collecting one venue live."""
