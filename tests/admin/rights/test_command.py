"""`relay rights` prints a script for the configured databases and tables, and connects to none."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relay.admin import rights
from relay.base.texts import LANGUAGES
from relay.cli import relay
from relay.cli.init import example
from relay.extras.documents import views
from tests.world.databases import INVOICES, Databases, merged
from tests.world.desk import GERMAN


def call(folder: Path, *args: str, **replaced: str) -> Result:
    """Call it with the example configuration, in which some words are replaced."""
    text = example("de")
    for was, now in replaced.items():
        text = text.replace(was, now)
    (folder / "relay.toml").write_text(text, encoding="utf-8")
    file = str(folder / "relay.toml")
    return CliRunner().invoke(relay, ["--config", file, "rights", *args], env=GERMAN)


def test_run_role(tmp_path: Path) -> None:
    """Each database has its part; names are quoted, and the user gets the role in each."""
    result = call(tmp_path, "run", "--user", "re]lay", ADDRESSES="Kunden [alt]")
    assert result.exit_code == 0, result.output
    cobra, sage = result.stdout.split("USE [MUSTER2026]\nGO\n")
    assert cobra.startswith("USE [cobra]\nGO\nIF DATABASE_PRINCIPAL_ID(N'relay_run') IS NULL")
    assert "GRANT SELECT, VIEW DEFINITION ON [dbo].[Kunden [alt]]] TO relay_run" in cobra
    assert "GRANT SELECT, INSERT, UPDATE ON [dbo].[Adr] TO relay_run" in sage
    member = "ALTER ROLE relay_run ADD MEMBER [re]]lay]\nGO\n"
    assert cobra.endswith(member)
    assert sage.endswith(member)


@pytest.mark.parametrize("role", rights.IN_COBRA)
def test_every_role(tmp_path: Path, role: str) -> None:
    """Each role is made before it is given anything; only two are needed in Sage."""
    result = call(tmp_path, role)
    assert result.exit_code == 0, result.output
    assert result.stdout.count(f"CREATE ROLE relay_{role}") == (2 if role in rights.IN_SAGE else 1)
    assert result.stdout.index("CREATE ROLE") < result.stdout.index("GRANT")


@pytest.mark.parametrize("role", views.READERS)
def test_whoever_is_created_after_the_views_reads_them_too(databases: Databases, role: str) -> None:
    """Migrating lets those roles read a view that are there; the script says the same."""
    settings = databases.settings(**merged(INVOICES, {"documents": {}, "answers": {}}))
    printed = rights.in_cobra(settings, role.removeprefix("relay_"))
    for view in views.VIEWS:
        for language in LANGUAGES:
            name = views.place("mssql", view, language)
            assert f"GRANT SELECT ON {name} TO {role}" in printed


def test_sqlite_has_no_users(tmp_path: Path) -> None:
    """Where nobody can be given anything it says so."""
    url = {"mssql+pyodbc://relay@COBRASRV/cobra": "sqlite:///cobra.db"}
    result = call(tmp_path, "run", **url)
    assert (result.exit_code, "SQLite" in result.stderr) == (4, True)
