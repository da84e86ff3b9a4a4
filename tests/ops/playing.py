"""Plays a guide: its commands in its own order, with what a person does between them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select
from sqlalchemy.engine import Engine

from relay.base.files import read_sql
from relay.cobra.capture import install
from relay.database import dialect_of
from relay.database.reflection import read_table
from relay.database.scripts import statements_of
from tests.ops.test_guides import command_of, commands, read
from tests.world.backups import Backup
from tests.world.desk import Desk
from tests.world.office import Office


class Guide:
    """One guide and where the reader is in it."""

    def __init__(self, name: str, desk: Desk) -> None:
        """Open the German page, whose commands are the English one's."""
        self._calls = commands(read(name, "de"))
        self._desk = desk

    def play(
        self,
        beginning: str,
        *more: str,
        ends: Sequence[int] = (0,),
        blanks: Mapping[str, str] | None = None,
    ) -> str:
        """Carry out the next command, with its blanks filled in and more options; what it says."""
        call = self._next(beginning)
        for blank, value in (blanks or {}).items():
            assert blank in call, call
            call = call.replace(blank, value)
        command, _ = command_of(call)
        asks = any("--yes" in parameter.opts for parameter in command.params)
        words = [*shlex.split(call)[1:], *more, *(["--yes"] if asks else [])]
        done = self._desk.relay(*words)
        assert done.exit_code in ends, f"$ relay {shlex.join(words)}\n{done.output}"
        return str(done.output)

    def pass_over(self, beginning: str) -> None:
        """Leave out the next command: it is for another system or another case."""
        self._next(beginning)

    def assert_read(self) -> None:
        """Assert that nothing of the guide is left."""
        assert self._calls == []

    def _next(self, beginning: str) -> str:
        call = self._calls.pop(0)
        assert call.startswith(f"relay {beginning}"), call
        return call


def move(office: Office, engine: Engine, prefix: str, content: str) -> Engine:
    """Back a database up and restore it at another place; return that."""
    server = office.databases.server
    there = server.engine(server.create(prefix, content))
    Backup(engine).copy_to(there)
    if content == "cobra" and server.dialect == "mssql":  # which a file brings along
        with there.begin() as connection:
            for sequence in ("outbox_id", "audit_id"):
                connection.exec_driver_sql(f"ALTER SEQUENCE relay.{sequence} RESTART WITH 10000")
        url = there.url
        install(dialect_of(url).engine(url, lock_timeout_ms=2000), office.settings)
    return there


def rebuild_addresses(engine: Engine) -> None:
    """Create cobra's table of addresses anew with its rows, as an upgrade does; triggers go."""
    dialect = dialect_of(engine)
    where = dialect.locate("ADDRESSES", None)
    full = "ADDRESSES" if where.schema is None else f"{where.schema}.ADDRESSES"
    (create,) = (
        statement
        for statement in statements_of(dialect.name, read_sql(dialect.name, "demo/cobra"))
        if f"CREATE TABLE {full} " in statement
    )
    with engine.begin() as connection:
        table = read_table(connection, where)
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        connection.exec_driver_sql(f"DROP TABLE {full}")
        connection.exec_driver_sql(create)
        if dialect.name == "mssql":
            connection.exec_driver_sql(f"SET IDENTITY_INSERT {full} ON")
        connection.execute(insert(table), rows)
        if dialect.name == "mssql":
            connection.exec_driver_sql(f"SET IDENTITY_INSERT {full} OFF")
