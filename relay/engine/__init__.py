"""Knows the running relay: step, loop, years, handshake, routing, chores, service.

Imports `cobra` and `sage` and what is below them. Look first into `step`.
"""
