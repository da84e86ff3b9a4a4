"""Knows what Sage is to hold: pure decisions about addresses and invoices, no database."""
