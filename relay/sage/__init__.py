"""Knows a Sage year's database: its layout, its ledger, its addresses and its books."""
