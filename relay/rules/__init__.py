"""Knows what is right: pure decisions about addresses and invoices.

Imports `base` and `settings`; no database, no clock, no file. Look first into `address.check` and
`address.plan`, `invoice.check`, `invoice.decide`, `invoice.plan` and `invoice.postings`.
"""
