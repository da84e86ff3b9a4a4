"""Knows how many values go over as one text of JSON, and whether a database can read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import Enum, auto
from typing import Any

import orjson
from sqlalchemy import TypeDecorator, UnicodeText
from sqlalchemy.types import TypeEngine


class JsonReading(Enum):
    """How a database reads a text of JSON: the engine's dialect knows since it connected."""

    NOT = auto()
    """Not at all: SQLite here, and SQL Server below compatibility level 130."""
    EXACT = auto()
    """Each value arrives as it was sent."""
    ESCAPED = auto()
    """Texts arrive as JSON writes them, and cut where they are long (Babelfish)."""


def reading(dialect: Any) -> JsonReading:
    """Return how the database of a dialect of SQLAlchemy's reads; one never asked does not."""
    how: JsonReading = getattr(dialect, "relay_reading", JsonReading.NOT)
    return how


def json_text(value: object) -> str:
    """Write numbers, texts, days, times, GUIDs and NULLs so that no language reads them otherwise.

    Raises:
        ValueError: JSON has no such value: half a surrogate pair, a number beyond 64 bits.
    """
    try:
        return orjson.dumps(value, default=_exact).decode()
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from error


def _exact(value: object) -> str:
    """Write what JSON's own numbers would round."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(type(value).__name__)


def sent(kind: TypeEngine[Any], value: Any, dialect: Any) -> Any:
    """Return a value as its column's own type sends it."""
    return kind.process_bind_param(value, dialect) if isinstance(kind, TypeDecorator) else value


class JsonText(TypeDecorator[Any]):
    """The type of the one parameter: rows, a tuple each."""

    impl = UnicodeText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        """Write it."""
        return json_text(value)


class JsonNames(JsonText):
    """The same for a list of values of one type: they are the names in an object.

    So they are texts of at most 4,000 characters, each once, and every server reads them exactly.
    """

    cache_ok = True

    def __init__(self, kind: TypeEngine[Any], collation: str | None) -> None:
        """Take the type of the column that the values meet, and its collation, if it has one."""
        super().__init__()
        self.kind = kind
        self.collation = collation

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Any) -> str:
        """Write it; what is NULL is equal to nothing."""
        values = (sent(self.kind, each, dialect) for each in value or ())
        return json_text({_name(each): 0 for each in values if each is not None})


def _name(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)
