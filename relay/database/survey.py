"""Knows what an examination wants to know of a server and of a database that is not ours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.catalogue import ColumnInfo, Rule


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A database server, as it describes itself."""

    version: str
    """As the server counts: `13.0.5026.0` is SQL Server 2016."""
    is_old: bool
    """Older than what the relay is written for."""
    edition: str = ""
    is_stand_in: bool = False
    """It only speaks the language (Babelfish): its version says nothing."""
    is_express: bool = False
    is_personal: bool = False
    """LocalDB: it runs for one Windows user, and ends with that user's session."""
    fires_nested: bool = True
    """A trigger's own changes fire triggers as well."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """A database's settings; None: there is no such setting."""

    collation: str | None = None
    compatibility_level: int | None = None
    has_row_versions: bool | None = None
    """Who reads gets the last committed version rather than waiting (READ_COMMITTED_SNAPSHOT)."""
    has_recursive_triggers: bool | None = None
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The availability group that a database belongs to, and how we came to it."""

    instance: str
    """The server that answers, by its own name."""
    is_secondary: bool
    listeners: tuple[str, ...]
    """Their names, with the port where it is none of the usual; empty if they may not be seen."""
    names_replica: bool
    """The URL names one server of the group."""
    names_listener: bool
    tries_all_addresses: bool
    """MultiSubnetFailover: all addresses of a name are tried at once."""


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """How we are connected; None: there is nothing in between."""

    driver: str | None = None
    is_known_driver: bool = True
    """One that the relay has been written for."""
    is_encrypted: bool | None = None
    checks_certificate: bool = True
    is_local: bool = True
    """The server is on this machine: nobody is in between."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One of a database's files; sizes in MB, None: unknown or without a limit."""

    name: str
    is_log: bool
    size: int
    used: int | None = None
    longest: int | None = None
    """How large it may become."""
    disk_free: int | None = None


@dataclass(frozen=True, slots=True)
class RivalTrigger:
    """A trigger on a captured table that is not one of ours."""

    name: str
    instead_of: frozenset[str] = frozenset()
    """`INSERT`, `UPDATE`, `DELETE`: in place of which it runs; that then may or may not happen."""

    @property
    def is_instead(self) -> bool:
        """Tell whether it runs in place of a change."""
        return bool(self.instead_of)


@dataclass(frozen=True, slots=True)
class LoginFacts:
    """As whom we are connected."""

    name: str
    owns_database: bool
    """Is allowed everything, whatever has been granted."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A right to change the relay's tables that somebody was granted."""

    who: str
    right: str
    what: str


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A column as a person sees it who looks through all tables."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class FoundKey:
    """By what the rows of a table are told apart: its primary key, or else a unique index."""

    columns: tuple[str, ...]
    numbered: str | None = None
    """The column among them whose numbers the database itself gives."""
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A column of a unique index, the best index of a table first, its columns in their order."""

    where: TableInfo
    index: str
    name: str
    nullable: bool
    numbered: bool
    is_primary: bool


class Survey(ABC):
    """One kind of database, as far as it can be looked at without being changed."""

    name: str
    """`mssql` or `sqlite`."""
    numbers_unasked: bool = False
    """What it numbers may as well be numbered by others: each INTEGER PRIMARY KEY of SQLite."""

    @abstractmethod
    def server(self, connection: Connection) -> ServerFacts:
        """Ask the server about itself."""

    @abstractmethod
    def database(self, connection: Connection) -> DatabaseFacts:
        """Ask for the database's settings."""

    @abstractmethod
    def group(self, connection: Connection) -> GroupFacts | None:
        """Ask for the database's availability group; None: it is in none."""

    @abstractmethod
    def link(self, connection: Connection) -> LinkFacts:
        """Tell how we are connected."""

    @abstractmethod
    def files(self, connection: Connection) -> list[FileFacts]:
        """Return the files, as far as rights allow to see them."""

    @abstractmethod
    def login(self, connection: Connection) -> LoginFacts:
        """Tell as whom we are connected."""

    @abstractmethod
    def may(self, connection: Connection, right: str, what: str) -> bool | None:
        """Tell whether we have a right on an object, given as in SQL text; None: we see none."""

    @abstractmethod
    def permissions(self, connection: Connection) -> list[Permission]:
        """Return who may change the relay's own tables by a right that was granted."""

    @abstractmethod
    def rivals(self, connection: Connection, table: TableInfo) -> list[RivalTrigger]:
        """Return the triggers on a table whose names do not begin like ours."""

    @abstractmethod
    def columns(self, connection: Connection, where: TableInfo) -> list[ColumnInfo]:
        """Return the columns of a table or a view."""

    @abstractmethod
    def rules(self, connection: Connection, table: TableInfo) -> list[Rule]:
        """Return what a table demands of each row: foreign keys, checks, unique columns."""

    @abstractmethod
    def statements(self, connection: Connection, word: str) -> list[str] | None:
        """Return the statements in the server's memory with a word; None if we may not look."""

    @abstractmethod
    def tables(self, connection: Connection) -> Mapping[TableInfo, list[FoundColumn]]:
        """Return all tables but the relay's own, with their columns."""

    @abstractmethod
    def keys(self, connection: Connection) -> Mapping[TableInfo, FoundKey]:
        """Return the key of each table but the relay's own; what is missing here has none."""


def grouped(
    rows: Iterable[tuple[TableInfo, FoundColumn]],
) -> dict[TableInfo, list[FoundColumn]]:
    """Put the columns of each table together."""
    found: dict[TableInfo, list[FoundColumn]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def best_keys(columns: Iterable[KeyColumn]) -> dict[TableInfo, FoundKey]:
    """Choose the first index of each table of whose columns none may be empty."""
    indexes: dict[tuple[TableInfo, str], list[KeyColumn]] = {}
    for column in columns:
        indexes.setdefault((column.where, column.index), []).append(column)
    found: dict[TableInfo, FoundKey] = {}
    for (where, _index), some in indexes.items():
        if where not in found and not any(column.nullable for column in some):
            numbered = next((column.name for column in some if column.numbered), None)
            names = tuple(column.name for column in some)
            found[where] = FoundKey(names, numbered, some[0].is_primary)
    return found
