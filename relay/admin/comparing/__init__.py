"""Knows the comparison of all that is linked or booked with cobra and Sage as they are now."""

from __future__ import annotations

from relay.admin.comparing.finding import Mismatch, notice, to_notice
from relay.admin.comparing.sweep import Scope, Sweep

__all__ = ["Mismatch", "Scope", "Sweep", "notice", "to_notice"]
