"""Knows how records are read from cobra: look into `records`, and `rows` for one table."""

from relay.cobra.reading.records import AddressReader, CobraReader, InvoiceRead, Read, Reads

__all__ = ["AddressReader", "CobraReader", "InvoiceRead", "Read", "Reads"]
