"""Knows Sage's tables and columns: the reference schema `sage50` and its renames.

Sage publishes no SQL schema. The reference names are the tags of the documented import format
(TAF, Sage Schweiz AG, 2012: blocks Adr, PKd); every name can be replaced in the configuration,
types and lengths come from the database itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import NCHAR, NVARCHAR, Column, Select, String, Table, Text, Unicode, select
from sqlalchemy.engine import Connection

from relay.base.errors import MisreadError, Refused
from relay.database import TableInfo, dialect_of
from relay.database.reflection import column_named, read_table
from relay.rules.invoice.books import called
from relay.settings import Profile, Settings

REFERENCE: Mapping[str, tuple[str, ...]] = {
    "Adr": (
        "AdrId", "Corp", "Line1", "Line2", "Road", "ACode", "City", "CCode", "Lang", "Salut",
        "Title", "Sort", "TelB", "TelP", "TelN", "TelF",
    ),
    "PKd": (
        "PkKey", "AdrId", "AccId", "ZabId", "CurId", "WrnLk", "Flags", "MDbt", "MCdt", "FDbt",
        "FCdt", "NOp",
    ),
    "OPd": (
        "OpId", "PkKey", "AdrId", "Ref", "Text", "ZabId", "CurId", "DateO", "DateD", "DateF",
        "MVal", "FVal", "MDbt", "MCdt", "FDbt", "FCdt",
    ),
    "Blg": ("BlgNr", "Date", "Orig", "GFNr"),
    "Bk": (
        "BlgNr", "BkIdx", "AccId", "CAcc", "Type", "BType", "ValNt", "ValTx", "ValFW", "TaxId",
        "TIdx", "CIdx", "Text", "OpId", "PkKey", "Flags",
    ),
    "Acc": ("AccId", "MDbt", "MCdt", "FDbt", "FCdt"),
    "Tax": ("TaxId", "Rate", "AccId"),
    "Zab": ("ZabId", "Days"),
    "FCur": ("CurId", "Rate", "Unit"),
    "Client": ("YearFrom", "YearTo", "PeriodFrom", "PeriodTo", "VatTo", "CurId"),
}  # fmt: skip
"""Table to tags that the relay reads or writes.

MDbt, MCdt, FDbt, FCdt (in the year's currency, in a foreign one) and NOp are totals that Sage
keeps.
"""

REQUIRED: Mapping[str, set[str]] = {
    "Adr": {"AdrId"},
    "PKd": {"PkKey", "AdrId", "AccId", "WrnLk"},
    "OPd": {"OpId", "PkKey"},
    "Blg": {"BlgNr", "Date"},
    "Bk": {"BlgNr", "BkIdx", "AccId", "Type", "BType", "ValNt", "ValTx", "TaxId", "OpId", "PkKey"},
    "Acc": {"AccId"},
    "Tax": {"TaxId", "Rate", "AccId"},
    "Zab": {"ZabId"},
    "FCur": {"CurId"},
    "Client": {"YearFrom", "YearTo", "CurId"},
}

KEYS: Mapping[str, tuple[str, ...]] = {
    "Adr": ("AdrId",),
    "PKd": ("PkKey",),
    "OPd": ("OpId",),
    "Blg": ("BlgNr",),
    "Bk": ("BlgNr", "BkIdx"),
    "Acc": ("AccId",),
}
"""The tables that the relay writes to, and the tags by which it finds their rows."""

FOR_ADDRESSES = ("Adr",)
FOR_LOCKS = ("PKd",)
FOR_INVOICES = ("PKd", "OPd", "Blg", "Bk", "Acc", "Tax", "Zab", "FCur", "Client")
"""Tables that a Sage year must have for what is configured."""

AMOUNTS = frozenset(
    ["MVal", "FVal", "MDbt", "MCdt", "FDbt", "FCdt", "ValNt", "ValTx", "ValFW", "Rate"]
)
"""Tags that hold an exact number; where the database has no such type, as a text."""

NUMBERS = frozenset(
    [
        "PkKey",
        "BlgNr",
        "BkIdx",
        "Type",
        "BType",
        "TIdx",
        "CIdx",
        "Flags",
        "NOp",
        "Days",
        "Unit",
        "WrnLk",
        "GFNr",
    ]
)
"""Tags that hold a whole number; keys of accounts and addresses are texts, whatever the column."""


DAYS = frozenset(
    ["Date", "DateO", "DateD", "DateF", "YearFrom", "YearTo", "PeriodFrom", "PeriodTo", "VatTo"]
)
"""Tags that hold a day; all that are in none of these lists hold texts."""

TAKES: tuple[tuple[frozenset[str], tuple[type, ...]], ...] = (
    (AMOUNTS | NUMBERS, (str, int, float, Decimal)),
    (DAYS, (str, date)),
)
"""Tags, and the types of columns that can hold what they hold."""

TAKES_TEXT = (str, int, float, Decimal)
"""The types for texts: a postcode or a number of an address may well be kept as a number."""


@dataclass(frozen=True, slots=True)
class SageTable:
    """One of Sage's tables: the reference tags and the real columns behind them."""

    table: Table
    columns: Mapping[str, Column[Any]]

    def length(self, tag: str) -> int | None:
        """Return the characters the column takes; None when it is not limited."""
        return getattr(self.columns[tag].type, "length", None)

    def put(self, tag: str, value: object) -> object:
        """Return a value as the column takes it; an empty text is NULL where there is one."""
        return self.putting(tag)(value)

    def putting(self, tag: str) -> Callable[[object], object]:
        """Return `put` for one column, for many values."""
        column = self.columns[tag]
        kind = column.type.python_type

        def empty() -> object:
            return None if column.nullable else kind()

        def text(value: object) -> object:
            if isinstance(value, str):
                return value or empty()
            if value is None:
                return empty()
            return f"{value:.2f}" if isinstance(value, Decimal) else str(value)

        def other(value: object) -> object:
            if isinstance(value, str):
                return kind(value) if value else empty()
            return empty() if value is None else value

        return text if kind is str else other

    def got(self, tag: str, value: object) -> object:
        """Return a value as rules know it: exact amounts, numbers, days, trimmed texts.

        Raises:
            ValueError, ArithmeticError: it is no number though it should be.
        """
        if value is None:
            return None
        if tag in AMOUNTS:
            found = Decimal(str(value))
            if not found.is_finite():
                raise ValueError(value)
            return found
        if tag in NUMBERS:
            return int(value)  # type: ignore[call-overload] # a number, or a text of one
        if isinstance(value, date):
            return value.date() if isinstance(value, datetime) else value
        return str(value).rstrip(" ")

    def understood(self, tag: str, value: object) -> object:
        """Return a value as `got` does, None also for one that is no number though it should be."""
        try:
            return self.got(tag, value)
        except (ValueError, ArithmeticError):
            return None

    def query(self) -> Select[Any]:
        """Return a query of all rows, each column under its tag."""
        return select(*(column.label(tag) for tag, column in self.columns.items()))

    def rows(
        self,
        connection: Connection,
        query: Select[Any],
        misread: list[MisreadError] | None = None,
    ) -> list[dict[str, object]]:
        """Return the rows of a query that `query` began, by tag, with values as rules know them.

        Those that cannot be read so go to `misread`, if there is such a list.

        Raises:
            MisreadError: a value is no number though it should be, and there is no such list.
        """
        found: list[dict[str, object]] = []
        for row in connection.execute(query).mappings():
            try:
                found.append({tag: self.got(tag, value) for tag, value in row.items()})
            except (ValueError, ArithmeticError):
                error = self._misread(dict(row))
                if misread is None:
                    raise error from None
                misread.append(error)
        return found

    def understood_rows(self, connection: Connection) -> list[dict[str, object]]:
        """Return all rows by tag; None also for what is no number though it should be."""
        rows = connection.execute(self.query()).mappings()
        return [{tag: self.understood(tag, value) for tag, value in row.items()} for row in rows]

    def _misread(self, row: Mapping[str, object]) -> MisreadError:
        """Name the first value of a row that cannot be read."""
        given = (tag for tag, value in row.items() if value is not None)
        tag = next(tag for tag in given if self.understood(tag, row[tag]) is None)
        return MisreadError(self.table.name, called(row), self.columns[tag].name, row[tag])

    def is_narrow(self, tag: str) -> bool:
        """Tell whether the column holds a text that is not Unicode (varchar, not nvarchar)."""
        kind = self.columns[tag].type
        return isinstance(kind, String) and not isinstance(kind, NVARCHAR | NCHAR | Unicode | Text)

    def numbers(self) -> dict[str, type]:
        """Return the tags whose columns hold numbers, with Python's type of them."""
        kinds = {tag: column.type.python_type for tag, column in self.columns.items()}
        return {tag: kind for tag, kind in kinds.items() if not issubclass(kind, str)}

    def is_number(self, tag: str) -> bool:
        """Tell whether the column holds a whole number."""
        return self.columns[tag].type.python_type is int


def needed_tables(settings: Settings) -> tuple[str, ...]:
    """Return Sage's tables without which a year cannot be used."""
    locks = FOR_LOCKS if settings.cobra.address.on_delete == "lock" else ()
    return (*FOR_ADDRESSES, *(locks if settings.invoices is None else FOR_INVOICES))


def check_names(profile: Profile) -> list[tuple[str, str, dict[str, object]]]:
    """Return a problem for every renamed table or tag that the reference does not know."""
    problems: list[tuple[str, str, dict[str, object]]] = [
        (f"sage.profile.{part}.{name}", "config_profile_table", {"known": ", ".join(REFERENCE)})
        for part, names in (("tables", profile.tables), ("columns", profile.columns))
        for name in names
        if name not in REFERENCE
    ]
    for name, tags in profile.columns.items():
        for tag in tags:
            if tag not in REFERENCE.get(name, (tag,)):
                known = ", ".join(REFERENCE[name])
                key = f"sage.profile.columns.{name}.{tag}"
                problems.append((key, "config_profile_tag", {"known": known}))
    return problems


def place_of(connection: Connection, profile: Profile, name: str) -> TableInfo:
    """Return where one of Sage's tables is."""
    return dialect_of(connection).locate(profile.tables.get(name, name), None)


def sage_table(connection: Connection, profile: Profile, name: str) -> SageTable:
    """Find one of Sage's tables in a year database.

    A tag that the profile renames must exist; one that it does not mention may be missing,
    unless the relay cannot do without it.

    Raises:
        Refused: `table_missing`, `column_missing`, or `column_unsuitable`: its type can hold
            nothing of what the tag holds.
    """
    table = read_table(connection, place_of(connection, profile, name))
    renames = profile.columns.get(name, {})
    columns: dict[str, Column[Any]] = {}
    for tag in REFERENCE[name]:
        real = renames.get(tag, tag)
        if not real:
            continue
        try:
            columns[tag] = column_named(table, real)
        except Refused:
            if tag in renames or tag in REQUIRED[name]:
                raise
    for tag, column in columns.items():
        if not issubclass(column.type.python_type, _takes(tag)):
            values = {"table": name, "tag": tag, "column": column.name, "type": str(column.type)}
            raise Refused("column_unsuitable", **values)
    return SageTable(table, columns)


def _takes(tag: str) -> tuple[type, ...]:
    return next((kinds for tags, kinds in TAKES if tag in tags), TAKES_TEXT)
