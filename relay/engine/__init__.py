"""Knows the running relay: step, planning and applying, routing, loop, years, handshake, chores.

Imports `cobra` and `sage` and what is below them; of `sage` only `port`, which says what a Sage
year is asked, and `opening`, which opens one. Look first into `step`.
"""
