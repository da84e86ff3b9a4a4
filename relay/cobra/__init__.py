"""Knows cobra's side: capture, outbox, lock, reading records, people's decisions, acknowledgement.

Imports `database` and `rules` and what is below them; knows nothing of `sage`. Look first into
`outbox`, `poll`, `reading` and `acknowledge`.
"""
