"""Knows what an invoice of cobra means in the books: check, content, postings, plan. Pure.

The one place for bookkeeping rules: nothing here reads or writes a database.
"""
