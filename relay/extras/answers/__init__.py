"""Knows what Sage answers: an optional part that mirrors what Sage alone knows beside documents.

Paid or not, balances, customer data. It imports the core and the enquiry's tables, and is never
imported by them: the command line hands it in.
"""
