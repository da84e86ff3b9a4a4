"""Knows the comparison of all that is linked or booked with cobra and Sage as they are now."""

from __future__ import annotations

from relay.admin.comparing.finding import ONLY_TOLD, Mismatch, MismatchKind, Side
from relay.admin.comparing.notice import notice, to_notice
from relay.admin.comparing.sweep import Mark, Scope, Sweep, SweepPage, SweepPart

__all__ = [
    "ONLY_TOLD",
    "Mark",
    "Mismatch",
    "MismatchKind",
    "Scope",
    "Side",
    "Sweep",
    "SweepPage",
    "SweepPart",
    "notice",
    "to_notice",
]
