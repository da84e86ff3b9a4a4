"""Knows what a bookkeeper is not told: to change the configuration, which is the admin's. Pure."""

from __future__ import annotations

import re

_PIECES = re.compile(r"(?<=[.;]) ")
_THE_ADMINS = "relay.toml"


def is_also_for_admin(text: str) -> bool:
    """Tell whether a sentence names a way out by the configuration."""
    return _THE_ADMINS in text


def for_bookkeeper(text: str) -> str:
    """Return a sentence without the ways out that only an admin has.

    >>> for_bookkeeper("Choose a known code in cobra; or add it to [map] in relay.toml.")
    'Choose a known code in cobra.'
    """
    kept = [piece for piece in _PIECES.split(text) if _THE_ADMINS not in piece]
    if not kept:
        return text
    return re.sub(";$", ".", " ".join(kept))
