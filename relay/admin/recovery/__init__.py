"""Knows how restored, moved and copied databases are taken up again."""

from relay.admin.recovery.opened import Opened, beside_relay, instead_of_relay
from relay.admin.recovery.pair import Pairing
from relay.admin.recovery.reconcile import Findings, Reconcile, YearFinding

__all__ = [
    "Findings",
    "Opened",
    "Pairing",
    "Reconcile",
    "YearFinding",
    "beside_relay",
    "instead_of_relay",
]
