"""Knows how restored, moved and copied databases are taken up again."""

from relay.recovery.opened import Opened, beside_relay, instead_of_relay
from relay.recovery.pair import Pair
from relay.recovery.reconcile import Findings, Reconcile, YearFinding

__all__ = [
    "Findings",
    "Opened",
    "Pair",
    "Reconcile",
    "YearFinding",
    "beside_relay",
    "instead_of_relay",
]
