"""Knows the words that all rooms share: statuses, outcomes, errors, texts, files, sheets.

Imports nothing of the relay. Look first into `values` (record, entry, outcome), `errors`, `texts`.
"""
