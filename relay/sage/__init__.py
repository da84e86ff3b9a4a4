"""Knows a Sage year: its layout, ledger and links, addresses and books, a batch in one transaction.

Imports `database` and `rules` and what is below them; knows nothing of `cobra`. Look first into
`year` (the one transaction) and `batch`.
"""
