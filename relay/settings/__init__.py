"""Knows `relay.toml`: its sections and what they mean. Imports the room `base` only."""

from relay.settings.cobra import Address, Cobra, InvoiceSection, Position, Selection
from relay.settings.database import DRIVERS, Password
from relay.settings.maps import Maps
from relay.settings.parts import Documents
from relay.settings.profile import Profile
from relay.settings.reading import located, read_settings
from relay.settings.relay import Retention, Timing
from relay.settings.sage import Sage, Year
from relay.settings.section import Condition
from relay.settings.whole import Settings

__all__ = [
    "DRIVERS",
    "Address",
    "Cobra",
    "Condition",
    "Documents",
    "InvoiceSection",
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
    "located",
    "read_settings",
]
