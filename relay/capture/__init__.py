"""Knows how changes in cobra's tables come into the outbox: by triggers, and how to keep them so.

The triggers are rendered from the configured mapping by the templates in `sql/<dialect>/capture`.
"""

from __future__ import annotations

from relay.capture.installation import drop, install
from relay.capture.tables import NotCapturable
from relay.capture.triggers import Trigger, render
from relay.capture.verification import Finding, verify

__all__ = ["Finding", "NotCapturable", "Trigger", "drop", "install", "render", "verify"]
