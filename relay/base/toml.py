"""Knows how keys and values are written as TOML, for lines that a person copies."""

from __future__ import annotations

import json
from decimal import Decimal


def quoted(value: object) -> str:
    """Write a value as TOML.

    >>> quoted("Käserei"), quoted(True), quoted(7)
    ('"Käserei"', 'true', '7')
    """
    if isinstance(value, bool | int | Decimal | float):
        return str(value).lower()
    return json.dumps(str(value), ensure_ascii=False)


def named(name: str) -> str:
    """Write a key as TOML.

    >>> named("Art"), named("Wert (neu)")
    ('Art', '"Wert (neu)"')
    """
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else quoted(name)
