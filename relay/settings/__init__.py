"""Knows `relay.toml`: its sections and what they mean. Imports the room `base` only."""

from relay.settings.documents import Documents
from relay.settings.invoice import Invoice, Maps, Position
from relay.settings.reading import read_settings
from relay.settings.sage import (
    DRIVERS,
    Address,
    Cobra,
    Password,
    Profile,
    Retention,
    Sage,
    Selection,
    Timing,
    Year,
)
from relay.settings.section import Condition
from relay.settings.whole import Settings

__all__ = [
    "DRIVERS",
    "Address",
    "Cobra",
    "Condition",
    "Documents",
    "Invoice",
    "Maps",
    "Password",
    "Position",
    "Profile",
    "Retention",
    "Sage",
    "Selection",
    "Settings",
    "Timing",
    "Year",
    "read_settings",
]
