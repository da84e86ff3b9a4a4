"""Knows how records are read from cobra: look into `records`, and `rows` for one table."""

from relay.cobra.reading.records import CobraReader, InvoiceRead, Read, Reads

__all__ = ["CobraReader", "InvoiceRead", "Read", "Reads"]
