"""Knows how names of tables and columns are written in the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_PART = re.compile(r'\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^.]+)')
_QUOTED = re.compile(rf"(?>{_PART.pattern})(?:\.(?>{_PART.pattern}))*")
"""Each part is what it begins as: a quotation, or all up to the next dot."""


def split_name(configured: str) -> list[str]:
    """Split `schema.table` into its parts, unquoted.

    Parts may be quoted as in T-SQL (`[my.table]`, `"my table"`); without quotes the first
    dot separates. A name that is no well-formed quotation is taken as it stands.

    >>> split_name('dbo.ADDRESSES')
    ['dbo', 'ADDRESSES']
    >>> split_name('[dbo].[Kunden.Adressen]')
    ['dbo', 'Kunden.Adressen']
    >>> split_name('dbo.[Adressen (alt)]')
    ['dbo', 'Adressen (alt)']
    """
    if configured[:1] not in ("[", '"'):
        schema, dot, name = configured.partition(".")
        parts = split_name(name) if name[:1] in ("[", '"') else [name]
        return [schema, *parts] if dot else [configured]
    if _QUOTED.fullmatch(configured) is None:
        return [configured]
    return [
        bracketed.replace("]]", "]") or quoted.replace('""', '"') or plain
        for bracketed, quoted, plain in _PART.findall(configured)
    ]


def written_name(*of: str | None) -> str:
    """Write a table's name (schema, table), or a column's, so that `split_name` reads it back.

    >>> written_name("dbo", "Kunden.Adressen")
    '[dbo].[Kunden.Adressen]'
    """
    parts = [part for part in of if part is not None]
    if all(part[:1] not in ("[", '"') and "." not in part for part in parts):
        return ".".join(parts)
    return ".".join("[" + part.replace("]", "]]") + "]" for part in parts)


def by_name(columns: Iterable[Any], name: str) -> Any:
    """Return the column of a configured name, exact first, else ignoring case; None if none is."""
    alike = [column for column in columns if column.name.casefold() == name.casefold()]
    return next((column for column in alike if column.name == name), next(iter(alike), None))
