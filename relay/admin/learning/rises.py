"""Knows by how much a number was raised of which only a checksum was noted: it is tried. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import TypeGuard

from relay.admin.learning.snapshot import SageRows, checksums, digest

FURTHEST = 1000
"""A sample raises no counter further."""


def is_whole(value: object) -> TypeGuard[int | Decimal]:
    """Tell whether a value is a whole number, also one of a column that could hold others."""
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _less(value: object) -> list[object]:
    """Return what a number may have been before, the nearest first."""
    if is_whole(value):
        return [value - by for by in range(1, FURTHEST + 1)]
    return []


def of_value(value: object, before: bytes) -> int:
    """Return by how much a value was raised since this was its checksum; 0: nobody can tell."""
    return next((by for by, was in enumerate(_less(value), 1) if checksums([was]) == before), 0)


def of_row(row: Mapping[str, object], before: AbstractSet[str]) -> Mapping[str, int]:
    """Return by how much one value of a row was raised since it had one of these checksums."""
    for name, value in row.items():
        for by, was in enumerate(_less(value), 1):
            if digest([*{**row, name: was}.values()]) in before:
                return {name: by}
    return {}


def of_key(
    table: SageRows, row: Mapping[str, object], before: tuple[str, ...]
) -> Mapping[str, int]:
    """Return by how much one part of a row's key was raised since it was this one."""
    key = [row[name] for name in table.key]
    for at, name in enumerate(table.key):
        for by, was in enumerate(_less(key[at]), 1):
            if (*map(str, key[:at]), str(was), *map(str, key[at + 1 :])) == before:
                return {name: by}
    return {}
