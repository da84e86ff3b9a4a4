"""Knows how a table name is written in the configuration."""

from __future__ import annotations

import re

_PART = re.compile(r'\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^.]+)')


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
    if configured[:1] in ("[", '"'):
        parts = []
        position = 0
        while True:
            match = _PART.match(configured, position)
            if match is None:
                return [configured]
            bracketed, quoted, plain = match.groups()
            if bracketed is not None:
                parts.append(bracketed.replace("]]", "]"))
            elif quoted is not None:
                parts.append(quoted.replace('""', '"'))
            else:
                parts.append(plain)
            position = match.end()
            if position == len(configured):
                return parts
            if configured[position] != ".":
                return [configured]
            position += 1
    schema, dot, name = configured.partition(".")
    return (
        [schema, *split_name(name)] if dot and name[:1] in ("[", '"') else configured.split(".", 1)
    )


def written_name(schema: str | None, name: str) -> str:
    """Write a table's name so that `split_name` reads it back.

    >>> written_name("dbo", "Kunden.Adressen")
    '[dbo].[Kunden.Adressen]'
    """
    parts = [part for part in (schema, name) if part is not None]
    if all(part[:1] not in ("[", '"') and "." not in part for part in parts):
        return ".".join(parts)
    return ".".join("[" + part.replace("]", "]]") + "]" for part in parts)
