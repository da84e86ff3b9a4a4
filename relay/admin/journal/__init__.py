"""Knows the journal: what cobra printed against what Sage holds of it, by VAT key and account."""

from __future__ import annotations

from relay.admin.journal.amounts import NetAndTax, cells, money
from relay.admin.journal.compare import Difference, Journal, Reason, Remark, Total, both_sums
from relay.admin.journal.decisions import Decided, decisions_on
from relay.admin.journal.reading import read_invoice, read_journal

__all__ = [
    "Decided",
    "Difference",
    "Journal",
    "NetAndTax",
    "Reason",
    "Remark",
    "Total",
    "both_sums",
    "cells",
    "decisions_on",
    "money",
    "read_invoice",
    "read_journal",
]
