"""Knows what an address must fulfil, and what has to be done for it in a Sage year. Pure."""
