"""Knows how records are carried out in the real Sage, and taken back: the proof before a first run.

It is the very code of the relay: what it plans, its statements and their row counts, ledger, link
and booking. Each transaction ends with a rollback, and what the database says meanwhile is noted.
Nothing is left but gaps in identities and sequences, and what a trigger does outside the database.
"""
