"""Knows what is right: pure decisions about addresses and invoices.

Imports `base` and `settings`; no database, no clock, no file. Look first into `address.check` and
`address.plan`, `invoice.check`, `invoice.which_year`, `invoice.plan` and `invoice.postings`.
"""
