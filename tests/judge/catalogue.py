"""Tables, views and their columns, as the texts that create them say: labels, and bytes of keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.judge.finding import Finding
from tests.judge.labels import DATABASE, TEMPDB, Label, as_column, explicit, implicit
from tests.judge.parser import Node

CLUSTERED, NONCLUSTERED = 900, 1700
"""Bytes that a key may have (SQL Server 2016: "Maximum capacity specifications")."""
TEXTS = {"char", "varchar", "text", "nchar", "nvarchar", "ntext", "sysname"}
_WIDTHS = {
    "bit": 1, "tinyint": 1, "smallint": 2, "int": 4, "integer": 4, "bigint": 8, "real": 4,
    "float": 8, "money": 8, "smallmoney": 4, "date": 3, "time": 5, "datetime": 8,
    "smalldatetime": 4, "datetime2": 8, "datetimeoffset": 10, "uniqueidentifier": 16,
    "rowversion": 8, "timestamp": 8, "sysname": 256,
}  # fmt: skip
"""The most that a value takes."""
_PER_CHARACTER = {"nchar": 2, "nvarchar": 2, "char": 1, "varchar": 1, "binary": 1, "varbinary": 1}
_DIGITS = ((9, 5), (19, 9), (28, 13), (38, 17))
"""Of a decimal: up to so many take so many bytes."""
SYSTEM_TEXTS = {
    "name", "definition", "text", "collation", "collation_name", "permission_name", "state_desc",
    "type_desc", "snapshot_isolation_state_desc", "net_transport", "encrypt_option",
    "recovery_model_desc", "resource_type", "request_mode", "program_name", "host_name",
    "login_name", "resource_description", "wait_type", "status",
}  # fmt: skip
"""Columns of the server's own views that are texts, where we name them."""

Columns = dict[str, Label | None]
"""Names in lower case to labels."""


@dataclass(slots=True)
class Table:
    """A table, view, list or query, as a FROM sees it."""

    columns: Columns | None
    """None: unknown, so that each name may be one of its columns."""
    widths: dict[str, int | None] = field(default_factory=dict)
    """Bytes of a column's longest value; None: too long for any key."""

    def label(self, column: str) -> Label | None:
        """Return a column's label; a view of the server's own is in the database's collation."""
        if self.columns is None:
            return implicit(DATABASE) if column in SYSTEM_TEXTS else None
        return self.columns[column]

    def has(self, column: str) -> bool:
        """Tell whether there is such a column, or might be."""
        return self.columns is None or column in self.columns


def name_of_type(data_type: Node) -> str:
    """Return a type's name in lower case."""
    return str(data_type["Name"].name())


def is_text(data_type: Node | None) -> bool:
    """Tell whether values of the type have a collation."""
    return data_type is not None and name_of_type(data_type) in TEXTS


def width(data_type: Node) -> int | None:
    """Return the bytes of a type's longest value; None: no key may hold it."""
    name = name_of_type(data_type)
    told = [each["Value"] for each in data_type["Parameters"] or ()]
    if name in _PER_CHARACTER:
        given = told[0] if told else "1"
        return int(given) * _PER_CHARACTER[name] if str(given).isdigit() else None
    if name in ("decimal", "numeric"):
        digits = int(told[0]) if told else 18
        return next(size for most, size in _DIGITS if digits <= most)
    return _WIDTHS.get(name)


class Catalogue:
    """What is there when a text runs."""

    def __init__(self) -> None:
        """Begin with an empty database."""
        self.tables: dict[str, Table] = {}
        self.lists: dict[str, Table] = {}
        """Types of lists, which a procedure's parameter may be of."""
        self.keys: dict[str, Finding | None] = {}
        """Names of keys to what is wrong with them."""
        self.collation = DATABASE
        """Of columns that say none."""
        self.where = ""
        """The text that is being looked at."""

    def find(self, name: str) -> Table | None:
        """Return a table; without a schema it is one of dbo's."""
        if name.startswith("sys.") or ".sys." in name:
            return Table(None)
        return self.tables.get(name) or self.tables.get(f"dbo.{name}")

    def create(self, name: str, definition: Node) -> Table:
        """Take a table in, and look at its keys."""
        table = self.tables[name] = self._table(name, definition)
        self._look_at_keys(table, definition)
        return table

    def create_type(self, name: str, definition: Node) -> None:
        """Take the type of a list in."""
        self.lists[name] = self._table(name, definition)

    def change(self, name: str, definition: Node) -> None:
        """Add to a table what ALTER TABLE adds."""
        table = self.tables.setdefault(name, Table({}))
        self._add_columns(table, definition, self.collation)
        self._look_at_keys(table, definition)

    def create_view(self, name: str, columns: Columns) -> None:
        """Take a view in."""
        self.tables[name] = Table({each: as_column(label) for each, label in columns.items()})

    def drop(self, names: Iterable[str]) -> None:
        """Forget keys: a migration may have made one that a later one makes otherwise."""
        for name in names:
            self.keys.pop(name, None)

    def too_long(self) -> list[Finding]:
        """Return what is wrong with the keys that are there."""
        return [finding for finding in self.keys.values() if finding is not None]

    def index(self, statement: Node) -> None:
        """Look at the key of an index."""
        table = self.find(statement["OnName"].name())
        if table is not None:
            self._look_at(statement, table, statement["Columns"], bool(statement["Clustered"]))

    def _table(self, name: str, definition: Node) -> Table:
        table = Table({})
        self._add_columns(table, definition, TEMPDB if name.startswith("#") else self.collation)
        return table

    def _add_columns(self, table: Table, definition: Node, collation: str) -> None:
        for column in definition["ColumnDefinitions"] or ():
            self.add_column(table, column, collation)

    def add_column(self, table: Table, column: Node, collation: str | None = None) -> None:
        """Add a column, or change what it is."""
        name, kind, told = column["ColumnIdentifier"].name(), column["DataType"], column
        assert table.columns is not None
        label = implicit(collation or self.collation) if is_text(kind) else None
        if label is not None and told["Collation"] is not None:
            label = implicit(explicit(told["Collation"]["Value"]).collation)
        table.columns[name] = label
        table.widths[name] = None if kind is None else width(kind)

    def _look_at_keys(self, table: Table, definition: Node) -> None:
        constraints = [(each, each["Columns"]) for each in definition["TableConstraints"] or ()]
        for column in definition["ColumnDefinitions"] or ():
            constraints += [(each, [column]) for each in column["Constraints"] or ()]
        keys = [(each, c) for each, c in constraints if each.kind == "UniqueConstraintDefinition"]
        taken = any(each["IsPrimaryKey"] is False and _says_clustered(each) for each, _ in keys)
        for each, columns in keys:
            clustered = _says_clustered(each)
            if clustered is None:
                clustered = bool(each["IsPrimaryKey"]) and not taken
            self._look_at(each, table, columns, clustered)

    def _look_at(self, node: Node, table: Table, columns: list[Node], clustered: bool) -> None:  # noqa: FBT001 - read from a tree
        names = [_named(each) for each in columns]
        widths = [table.widths.get(name, 0) for name in names]
        limit = CLUSTERED if clustered else NONCLUSTERED
        whole = sum(size or 0 for size in widths)
        what = None
        if None in widths:
            what = "no key may hold a column without limit (1919)"
        elif whole > limit:
            told = "clustered" if clustered else "nonclustered"
            what = f"a {told} key of {whole} bytes; {limit} are allowed (1946)"
        given = node["ConstraintIdentifier"] or node["Name"]
        name = f"{self.where}:{node.line}" if given is None else given.name()
        text = " ".join(node.text.split())
        finding = Finding("key-width", self.where, node.line, what or "", text)
        self.keys[name] = None if what is None else finding


def _named(column: Node) -> str:
    """Return the name of a key's column, which is told in one of two ways."""
    own = column["ColumnIdentifier"]
    told = column["Column"]["MultiPartIdentifier"] if own is None else own
    return str(told.name())


def _says_clustered(constraint: Node) -> bool | None:
    """Return what a key says of itself; None: nothing."""
    told = constraint["IndexType"]
    kind = None if told is None else told["IndexTypeKind"]
    if kind is not None:
        return str(kind) == "Clustered"
    return constraint["Clustered"] or None
