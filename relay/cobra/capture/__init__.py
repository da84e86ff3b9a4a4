"""Knows how changes in cobra's tables come into the outbox: by triggers, and how to keep them so.

The triggers are rendered from the configured mapping by the templates in `sql/<dialect>/capture`.
"""

from __future__ import annotations

from relay.cobra.capture.installation import drop, install
from relay.cobra.capture.tables import NotCapturable
from relay.cobra.capture.triggers import render
from relay.cobra.capture.verification import verify

__all__ = ["NotCapturable", "drop", "install", "render", "verify"]
