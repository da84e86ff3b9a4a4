"""Knows the columns for texts that people read: what is too long for one is cut, and says so."""

from __future__ import annotations

from typing import Any

from sqlalchemy import TypeDecorator, Unicode

from relay.base.width import abbreviated


class Words(TypeDecorator[str]):
    """A text for people, at most so long as SQL Server counts: it is cut and ends with "…".

    A text that is compared as a whole, a key or a code, has no such column: cut, it would be
    another one, so there the database refuses what is too long.
    """

    impl = Unicode
    cache_ok = True

    def __init__(self, length: int) -> None:
        """Take the column's length, in UTF-16 units."""
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Cut what is too long, on both dialects alike."""
        return None if value is None else abbreviated(value, self.length)
