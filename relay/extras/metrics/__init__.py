"""Knows figures for Prometheus: an optional part that counts, looks and shows, and changes nothing.

It imports the core and is never imported by it: the command line hands it in. Names follow
Prometheus' conventions (base units, `_total` for what only grows), all begin with `relay_`.
"""
