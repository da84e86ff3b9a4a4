"""A DBA's script does what migrating does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relay.database import schema
from tests.database.migration.looking import described, names_in

if TYPE_CHECKING:
    from tests.world.servers import Server


def test_a_dbas_script_does_what_migrating_does(server: Server, section: schema.Section) -> None:
    """A database set up by the script has the same columns, and the relay accepts it."""
    script, migrate = server.create("script"), server.create("migrate")
    server.run_as_dba(script, schema.script(section, server.dialect))
    by_script, by_us = server.engine(script), server.engine(migrate)
    schema.upgrade(by_us, section)

    with by_script.connect() as connection:
        schema.require(connection, section)
    assert names_in(by_script) == names_in(by_us)
    assert described(by_script) == described(by_us)


def test_a_script_for_sql_server_sets_what_triggers_need(section: schema.Section) -> None:
    """The settings stored with tables are on before the first of them, and batches are cut."""
    script = schema.script(section, "mssql")
    lines = script.splitlines()

    for option in ("SET QUOTED_IDENTIFIER ON", "SET ANSI_NULLS ON", "SET XACT_ABORT ON"):
        assert lines.index(option) < lines.index("BEGIN TRANSACTION;")
    assert "GO" in lines
    assert script.index("CREATE SCHEMA") < script.index("CREATE TABLE")
    for type_of_old_servers in ("NTEXT", "DATETIME", "IMAGE"):  # no server is asked for its version
        assert not re.search(rf"\b{type_of_old_servers}\b", script.upper())
