"""Knows what can end a hold or a wait: each code declares it beside its texts.

`ends` in the catalogue lists it. What tries again, and when, follows from that alone, so a code
that somebody adds has its way out; one that declares nothing is tried again on every occasion.
"""

from __future__ import annotations

from enum import StrEnum

from relay.base.texts import definitions


class End(StrEnum):
    """What can let a record go on that is held or waits."""

    RECORD = "record"
    """A change of it in cobra, or of what it refers to there: that brings a notice."""
    SAGE = "sage"
    """A change in Sage, which has no trigger: it is looked at again every few minutes."""
    CONFIGURATION = "configuration"
    """Another relay.toml, or another version of the relay: it is tried at each start."""
    TIME = "time"
    """It passes without anybody: a row is closed, a year comes back."""
    PERSON = "person"
    """A decision by one of the commands, which lets it go on."""


def ends(code: str) -> frozenset[End]:
    """Return what can end a code's hold or wait."""
    declared = definitions().get(code, {}).get("ends", End)
    return frozenset(End(end) for end in declared)


def not_ended_by(end: End) -> list[str]:
    """Return the codes that say of themselves that `end` cannot end them."""
    return [code for code in _with_ends() if end not in ends(code)]


def ended_by_time() -> list[str]:
    """Return the codes that say of themselves that time can end them, or another process.

    A record that waits for anything else waits for a person, who has to be told of it.
    """
    return [code for code in _with_ends() if End.TIME in ends(code)]


def _with_ends() -> list[str]:
    return [code for code, definition in definitions().items() if "ends" in definition]


def is_for_admin(code: str | None) -> bool:
    """Tell whether only an admin can do something about it: a fault, or the configuration."""
    return definitions().get(code or "", {}).get("who") == "admin"
