"""The installer's role has what setting up needs, and nothing beside.

Babelfish knows no right to create or alter, so the role cannot be tried there: what the relay
really executes is compared with what the scripts grant. ops/unproven.md says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DBAPIError

from relay.admin import rights
from relay.database import schema
from relay.database.scripts import run_script, statements_of
from relay.settings import Settings
from tests.admin.rights.logins import Logins
from tests.admin.rights.needs import OWN, needed
from tests.world.databases import INVOICES, YEARS, Databases
from tests.world.desk import Desk
from tests.world.servers import Server

CAPTURED = ("[dbo].[ADDRESSES]", "[dbo].[INVOICES]", "[dbo].[POSITIONS]")
REFUSED = re.compile(r"GRANT (CONTROL|CREATE|ALTER)")
"""What Babelfish does not know of the installer's scripts."""


@pytest.fixture
def bare(server: Server) -> Databases:
    """Databases that have nothing of the relay yet."""
    cobra, *years = (server.create(name) for name in ("cobra", *YEARS))
    for url, script in zip((cobra, *years), ("demo/cobra", *["sage50/schema"] * 2), strict=True):
        with server.engine(url).begin() as connection:
            run_script(connection, script)
    return Databases(server, cobra, years)


@pytest.fixture
def logins(bare: Databases) -> Iterator[Logins]:
    """Logins for them; SQLite has no users to try it with."""
    if bare.server.dialect == "sqlite":
        pytest.skip("SQLite has no users: whoever may write to the file may do everything")
    made = Logins(bare, bare.settings(**INVOICES))
    yield made
    made.close()


def granted(statements: list[str]) -> set[str]:
    """Return what scripts grant to the installer, in the words of `needed`."""
    found: set[str] = set()
    for statement in statements:
        for told, _on, where in re.findall(
            r"GRANT ([\w ,]+?)( ON (\S+))? TO relay_installer", statement
        ):
            found |= {
                f"{right.strip()} ON {where}".removesuffix(" ON ") for right in told.split(",")
            }
    return found


def set_up_and_leave(desk: Desk, folder: Path) -> None:
    """Do all that an installer does."""
    for command in (
        ("migrate",), ("triggers", "install"), ("triggers", "verify"), ("migrate",),
        ("triggers", "drop"), ("uninstall", "--export", str(folder / "kept"), "--yes"),
    ):  # fmt: skip
        result = desk.relay(*command)
        assert result.exit_code == 0, (command, result.output)


def test_what_is_executed(logins: Logins, bare: Databases, tmp_path: Path) -> None:
    """Setting up and leaving executes what the scripts grant for, in cobra and in Sage."""
    executed: dict[str, list[str]] = {}

    def note(connection: object, _cursor: object, statement: str, *_more: object) -> None:
        database = connection.engine.url.database  # type: ignore[attr-defined] # a Connection
        executed.setdefault(database, []).append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        set_up_and_leave(Desk(bare, tmp_path, **INVOICES), tmp_path)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    in_cobra = needed(executed[str(bare.cobra.database)], CAPTURED)
    assert in_cobra == granted(rights.in_cobra(logins.settings, "installer"))
    for year, url in zip(logins.settings.sage.year, bare.years, strict=True):
        in_sage = needed(executed[str(url.database)])
        assert in_sage == granted(rights.in_year(logins.settings, year, "installer"))


def test_script_for_an_administrator(databases: Databases) -> None:
    """The scripts of `relay migrate --sql` need nothing that the installer has not got."""
    if databases.server.dialect == "mssql":
        pytest.skip("the text is the same, whatever server is at hand")
    told = databases.settings(**INVOICES).model_dump(mode="json", by_alias=True)
    for section in (told["cobra"], *told["sage"]["year"]):
        section["url"] = "mssql+pyodbc://relay@SERVER/one"
    settings = Settings(**told)
    source = needed(statements_of("mssql", schema.script("source", "mssql")))
    assert source <= granted(rights.in_cobra(settings, "installer"))
    assert source >= {OWN, "CREATE TABLE", "CREATE VIEW", "CREATE PROCEDURE", "CREATE FUNCTION"}
    target = needed(statements_of("mssql", schema.script("target", "mssql")))
    assert target == granted(rights.in_year(settings, settings.sage.year[0], "installer"))


def test_under_the_role(logins: Logins, bare: Databases, tmp_path: Path) -> None:
    """An installer sets up and leaves again, with the scripts of `relay rights installer`.

    On Babelfish only what it knows of them runs (the schema, the role, the membership); there the
    login owns the databases in place of the rest.
    """
    who = (
        logins.make("installer", bare.cobra, *bare.years)
        if not logins.is_babelfish
        else (logins.make("installer"))
    )
    years = zip(logins.settings.sage.year, bare.years, strict=True)
    scripts = [(bare.cobra, rights.in_cobra(logins.settings, "installer", who))]
    scripts += [(url, rights.in_year(logins.settings, y, "installer", who)) for y, url in years]
    refused = {
        statement
        for url, told in scripts
        for statement in told
        if not _taken(logins, url, statement)
    }
    if logins.is_babelfish:
        everything = {statement for _, told in scripts for statement in told}
        assert refused == {s for s in everything if REFUSED.match(s) or s.startswith("ALTER ROLE")}
        for url, _ in scripts:
            logins.run(url, f"ALTER AUTHORIZATION ON DATABASE::[{url.database}] TO {who}")
    else:
        assert refused == set()
    set_up_and_leave(Desk(logins.databases_of(who), tmp_path, **INVOICES), tmp_path)


def _taken(logins: Logins, url: URL, statement: str) -> bool:
    try:
        logins.run(url, statement)
    except DBAPIError:
        return False
    return True
