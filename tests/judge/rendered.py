"""What the product renders for a table of cobra's: triggers, and the views of the documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

from sqlalchemy import TextClause

from relay.admin.doctor.server import ENQUIRY_LEVEL
from relay.base import texts
from relay.cobra.capture.triggers import ACTIONS, template
from relay.database.capture import Notice
from relay.database.catalogue import ColumnInfo
from relay.database.sqlserver.capture import COMPARABLE, placeholders
from relay.database.sqlserver.catalogue import WIDE_TEXT
from relay.extras.documents import views
from relay.settings import Settings
from tests.judge.judging import Text
from tests.judge.twin import DIALECT, Listener
from tests.world.databases import EXAMPLE, INVOICES, merged

ODD = """Straße 'a" [b]] ]?%s :c $d {e} --f /*g 🙂"""
"""Blanks, an umlaut, each quote and bracket, and what else means something somewhere."""
_LENGTHS = {"char": 20, "varchar": 8000, "nchar": 20, "nvarchar": 4000, "binary": 20}
_SERVER_URL = "mssql+pyodbc://relay@COBRASRV/cobra"
quote = DIALECT.identifier_preparer.quote_identifier


class Table:
    """A captured table with a column of each type that can be mapped, and one for each key."""

    def __init__(self, name: str, key_type: str) -> None:
        """Take the name, which its columns bear too, and the type of its key."""
        self.name = name
        self._key = self._column("key", key_type)
        kinds = sorted(COMPARABLE)
        self._fields = {f"f_{kind}": self._column(f"f_{kind}", kind) for kind in kinds}

    def _column(self, name: str, kind: str) -> ColumnInfo:
        told = f"{self.name} {name}"
        length = _LENGTHS.get(kind)
        return ColumnInfo(told, quote(told), kind, kind, length)

    @property
    def quoted(self) -> str:
        """Return its name in SQL text."""
        return f"dbo.{quote(self.name)}"

    def create(self) -> Text:
        """Return the statement that creates it."""
        columns = [self._key, *self._fields.values()]
        told = ", ".join(
            f"{c.quoted} {c.type}{f'({c.length})' if c.length else ''}" for c in columns
        )
        return Text(f"a table {self.name}", f"CREATE TABLE {self.quoted} ({told})", is_vendors=True)

    def triggers(self) -> Iterator[Text]:
        """Yield its triggers: as a table of records, and as one of their parts."""
        for part, who in ((None, None), ("position", self._fields["f_nvarchar"])):
            record = self._key if part is None else self._fields["f_int"]
            notice = Notice("address", self._key, record, part, self._fields, who)
            for action in ACTIONS:
                sql = template("mssql", action).substitute(
                    placeholders(notice),
                    trigger=f"dbo.{quote(f'relay_{self.name}_{action}_{part}')}",
                    table=self.quoted,
                )
                yield Text(f"trigger {action} on {self.name}", sql)


def triggers() -> Iterator[Text]:
    """Yield captured tables of plain and odd names, each with its triggers."""
    for name, key_type in (
        ("PLAIN", "int"),
        (f"{ODD} 1", "nvarchar"),
        (f"{ODD} 2", "varchar"),
        (f"{ODD} 3", "uniqueidentifier"),
    ):
        table = Table(name, key_type)
        yield table.create()
        yield from table.triggers()


class _WithColumns(Listener):
    """A connection that knows the columns of one table, whatever it is called."""

    def __init__(self, columns: dict[str, str]) -> None:
        super().__init__(lambda _sql: None)
        self._columns = columns

    def execute(self, statement: Any, rows: Any = None, **_options: Any) -> Any:
        """Answer what is asked of the catalogue."""
        assert isinstance(statement, TextClause), statement
        found = [
            MagicMock(type=kind, max_length=100, precision=19, scale=0, is_nullable=True)
            for kind in self._columns.values()
        ]
        for row, name in zip(found, self._columns, strict=True):
            row.name = name
        return MagicMock(all=lambda: found)


def documents() -> Iterator[Text]:
    """Yield the views of the documents in both languages, for keys of numbers and of text."""
    fields = EXAMPLE["cobra"]["address"]["fields"]
    for name, key in (("ADDRESSES", "int"), (ODD, "int"), (ODD + " t", "nvarchar")):
        columns = {"ID": key, "MAINID": key, "DELETED0": "bit", "CHANGEDBY0": "nvarchar"}
        columns |= dict.fromkeys(fields.values(), "nvarchar")
        if name != "ADDRESSES":
            yield _table(name, columns)
        for settings in _settings(name):
            connection: Any = _WithColumns(columns)
            for view, sql in views.render(connection, settings):
                yield Text(f"view {view} on {name}", sql, level=ENQUIRY_LEVEL)
                yield from (Text(f"rights on {view}", each) for each in views.grants("mssql", view))


def _table(name: str, columns: dict[str, str]) -> Text:
    told = [f"{quote(c)} {t}{'(50)' if t in WIDE_TEXT else ''}" for c, t in columns.items()]
    sql = f"CREATE TABLE dbo.{quote(name)} ({', '.join(told)})"
    return Text(f"a table {name}", sql, is_vendors=True)


def settings(**overrides: Any) -> Settings:
    """Return settings for databases on a T-SQL server that nobody connects to."""
    year = {"name": "2026", "mandant": "MUSTER", "url": _SERVER_URL}
    year |= {"first_day": "2026-01-01", "last_day": "2026-12-31"}
    told = merged(EXAMPLE, {"cobra": {"url": _SERVER_URL}, "sage": {"year": [year]}})
    return Settings(**merged(told, overrides))


def _settings(table: str) -> Iterator[Settings]:
    named = {"cobra": {"address": {"table": table, "schema": "dbo"}}, "documents": {}}
    for language in texts.LANGUAGES:
        yield settings(**merged(INVOICES, named | {"language": language}))
    alone = {"cobra": {"address": {"debtor": "self", "deleted": None}}}
    yield settings(**merged(merged(INVOICES, named), alone))
