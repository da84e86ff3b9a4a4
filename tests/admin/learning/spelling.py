"""Lets tests compare names however a server spells them: Babelfish writes them in small letters."""

from __future__ import annotations

from typing import Any


def small(value: Any) -> Any:
    """Return a text, or all texts and names of a structure, in small letters."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, dict):
        return {small(name): small(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(small(part) for part in value)
    return value
