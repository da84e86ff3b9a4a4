"""Measures what the relay costs and how fast it is; figures are in RESULTS.md."""
