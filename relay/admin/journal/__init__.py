"""Knows the journal: what cobra printed against what Sage holds of it, by VAT key and account."""

from __future__ import annotations

from relay.admin.journal.amounts import Amounts, Group, money
from relay.admin.journal.compare import Difference, Journal, Reason, Remark, Total
from relay.admin.journal.reading import read_journal

__all__ = [
    "Amounts",
    "Difference",
    "Group",
    "Journal",
    "Reason",
    "Remark",
    "Total",
    "money",
    "read_journal",
]
