"""Runs the migrations of one section, on a connection from `relay.schema` or as a script.

`relay.schema` opens the transaction, so that the whole way up or down happens or nothing does.
"""

from alembic import context
from sqlalchemy import Connection, text

from relay.database import surface
from relay.database.schema import version_table

SECTION = context.config.attributes["section"]

# Owned by dbo like the captured tables: ownership chaining lets a clerk's save write to the
# outbox without a right on it.
CREATE_SCHEMA = "IF SCHEMA_ID(N'relay') IS NULL EXEC(N'CREATE SCHEMA relay AUTHORIZATION dbo')"
DROP_SCHEMA = (
    "IF NOT EXISTS (SELECT 1 FROM sys.objects WHERE schema_id = SCHEMA_ID(N'relay'))"
    " EXEC(N'DROP SCHEMA relay')"
)

# What the settings below say is stored with tables and triggers; sqlcmd turns the first one off.
# NOEXEC: after a failed batch the transaction is gone, and the rest must not run without it.
SCRIPT_BEGINS = """\
-- Sets up the relay's section "{section}". Run it in the database {database}.
-- It is UTF-8: sqlcmd needs "-f 65001", or the German words in it come out wrong.
SET QUOTED_IDENTIFIER ON
GO
SET ANSI_NULLS ON
GO
SET XACT_ABORT ON
GO
"""
BATCH_ENDS = "GO\nIF @@TRANCOUNT = 0 SET NOEXEC ON\nGO"
SCRIPT_ENDS = """\
SET NOEXEC OFF
GO
"""
DATABASE = {"source": "of cobra", "target": "of each Sage year"}


def run_online(connection: Connection) -> None:
    """Migrate, and at the bottom of the way down take the version table and the schema away."""
    name = connection.dialect.name
    options = version_table(SECTION, name)
    if name == "mssql":
        connection.execute(text(CREATE_SCHEMA))
    context.configure(
        connection=connection,
        transactional_ddl=True,
        version_table=options["version_table"],
        version_table_schema=options.get("version_table_schema"),
    )
    context.run_migrations()
    if not context.get_context().get_current_heads():
        drop_version_table(connection, options)


def drop_version_table(connection: Connection, options: dict[str, str]) -> None:
    """Leave nothing behind."""
    schema = options.get("version_table_schema")
    place = f"{schema}." if schema else ""
    connection.execute(text(f"DROP TABLE {place}{options['version_table']}"))
    if schema:
        connection.execute(text(DROP_SCHEMA))


def run_offline(name: str) -> None:
    """Write the script for a database that has nothing of the section yet."""
    options = version_table(SECTION, name)
    context.configure(
        dialect_name=name,
        as_sql=True,
        transactional_ddl=True,
        mssql_batch_separator=BATCH_ENDS,
        version_table=options["version_table"],
        version_table_schema=options.get("version_table_schema"),
    )
    if name == "mssql":
        context.static_output(SCRIPT_BEGINS.format(section=SECTION, database=DATABASE[SECTION]))
    with context.begin_transaction():
        if name == "mssql":
            context.execute(CREATE_SCHEMA)
        context.run_migrations()
        if SECTION == "source":
            for statement in surface.creation(name):
                context.static_output(statement)
                if name == "mssql":
                    context.static_output(BATCH_ENDS)
    if name == "mssql":
        context.static_output(SCRIPT_ENDS)


if context.is_offline_mode():
    run_offline(context.config.attributes["dialect"])
else:
    run_online(context.config.attributes["connection"])
