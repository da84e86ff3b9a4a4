"""The role for data protection is exact: a person is shown and erased, and no more can be done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Table
from sqlalchemy.engine import Connection

from relay.admin.privacy import erasing, subject
from relay.admin.uninstall import own_tables
from relay.base.errors import Exit
from tests.admin.privacy.test_afterwards import client, parts, restricted
from tests.admin.privacy.test_privacy import NAME, PERSON, STREET, WHY, found_in, texts_in
from tests.admin.rights.logins import Logins
from tests.admin.rights.test_exact import Used, granted
from tests.admin.rights.test_exact import databases as files
from tests.admin.rights.test_exact import used as noted
from tests.sage.test_restricted import RESTRICTED
from tests.world.bookkeeper import Bookkeeper
from tests.world.company import World
from tests.world.databases import INVOICES, YEARS, Databases, merged
from tests.world.desk import Desk
from tests.world.office import THIS

__all__ = ["files", "noted"]
PARTS = parts(answers={})


MODES: dict[str, dict[str, Any]] = {
    "invoices": merged(INVOICES, PARTS),
    "addresses": {"cobra": {"address": RESTRICTED}},  # invoices were relayed earlier
}
BY_MODE = pytest.mark.parametrize("mode", MODES)


def kept(office: Bookkeeper) -> str:
    """Return a person who stands in all of our tables that can hold one."""
    key, _, held = client(office)
    office.own_item("S1", 815, "40.00", Text=f"Vorschuss {NAME}")
    office.look()
    office.sage_execute(THIS, f"UPDATE Adr SET Road = '{STREET} 99'")
    office.look()
    restricted(office, key)
    office.drain()
    office.skip(held, f"mit {NAME} besprochen")
    office.drain()
    return key


def asked(desk: Desk, key: str) -> Iterator[tuple[str, Result]]:
    """Do with a login what a person may want."""
    for command in (
        ("privacy", "show", "--address", key),
        ("privacy", "show", "--address", key, "--letter"),
        ("privacy", "erase", "--address", key, *WHY),
        ("privacy", "show", "--address", key),
    ):
        yield " ".join(command[:2]), desk.relay(*command)


@BY_MODE
def test_exact(
    files: Databases, tmp_path: Path, noted: Used, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """What is written is granted table by table; of ours all is seen, of Sage's what is asked."""
    office = Bookkeeper(files, **PARTS)
    desk = Desk(files, tmp_path, **MODES[mode])
    key = kept(office)
    with office.cobra.begin() as connection:  # words that a person may write anywhere
        connection.exec_driver_sql(
            "INSERT INTO relay_paused (scope, reason, created_at, created_by)"
            f" VALUES ('{YEARS[0]}', 'wegen {NAME}', '2026-01-01 00:00:00', 'x')"
        )
        connection.exec_driver_sql(
            "INSERT INTO relay_mailed (id, role, subject, mark, text, told_at) VALUES"
            f" ('1', 'admin', 'address:{key}', '1', '{NAME}', '2026-01-01 00:00:00')"
        )
        connection.exec_driver_sql(f"UPDATE relay_year SET error = 'bei {NAME}'")
    noted.clear()
    for name, result in asked(desk, key):
        assert result.exit_code == Exit.OK, (name, result.output)
    assert found_in(office) == []
    monkeypatch.setattr(erasing, "KEPT_YEARS", -1)  # so Sage's address is emptied, too
    assert desk.relay("privacy", "erase", "--address", key, *WHY).exit_code == Exit.OK
    lists = granted(files.settings(**MODES[mode]), "privacy")
    for side in ("cobra", "sage"):
        of_ours = {pair for pair in noted[side] if pair[1].startswith("relay_")}
        seen = {pair for pair in of_ours if pair[0] == "SELECT"}
        assert of_ours - seen == {pair for pair in lists[side] if pair[1].startswith("relay_")}
        assert noted[side] - of_ours == {p for p in lists[side] if not p[1].startswith("relay_")}


@BY_MODE
@pytest.mark.timeout(600)  # each command reads the catalogue of all databases
def test_login_with_this_role_alone(databases: Databases, tmp_path: Path, mode: str) -> None:
    """It shows, writes the letter and erases; it changes nothing of cobra's, and books nothing."""
    if databases.server.dialect == "sqlite":
        pytest.skip("SQLite has no users: whoever may write to the file may do everything")
    office = Bookkeeper(databases, **PARTS)
    logins = Logins(databases, databases.settings(**MODES[mode]))
    try:
        key = kept(office)
        who = logins.with_role("privacy")
        desk = Desk(logins.databases_of(who), tmp_path, **MODES[mode])
        for name, result in asked(desk, key):
            assert result.exit_code == Exit.OK, (name, result.output)
        assert found_in(office) == []
        for statement in (
            "UPDATE dbo.ADDRESSES SET CITY0 = 'x'",
            "INSERT INTO relay.outbox (entity, entity_key) VALUES ('address', '1')",
            "DELETE FROM relay.audit",
            "UPDATE relay.page_user SET name = 'x'",
        ):
            assert logins.objection(who, databases.cobra, statement) is not None, statement
        for statement in ("INSERT INTO dbo.Bk (BkId) VALUES (1)", "SELECT * FROM dbo.Blg"):
            assert logins.objection(who, databases.years[1], statement) is not None, statement
    finally:
        logins.close()


def test_login_where_no_debtor_was_ours(databases: Databases, tmp_path: Path) -> None:
    """Where only addresses ever went over, the role sees no debtors, and works all the same."""
    if databases.server.dialect == "sqlite":
        pytest.skip("SQLite has no users: whoever may write to the file may do everything")
    world = World(databases)
    logins = Logins(databases, world.settings)
    try:
        key = world.add(**{**PERSON, "SAGENR0": "815"})
        world.drain()
        world.remove(key)
        world.drain()
        who = logins.with_role("privacy")
        desk = Desk(logins.databases_of(who), tmp_path)
        for name, result in asked(desk, key):
            assert result.exit_code == Exit.OK, (name, result.output)
        for table in ("PKd", "OPd"):
            statement = f"SELECT * FROM dbo.{table}"
            assert logins.objection(who, databases.years[1], statement) is not None, statement
    finally:
        logins.close()


def test_tables_that_are_not_seen(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQL Server hides a table from whoever has no right on it: that is told, nothing is erased."""
    office = Bookkeeper(databases, **PARTS)
    desk = Desk(databases, tmp_path, **merged(INVOICES, PARTS))
    key = kept(office)

    def hidden(connection: Connection) -> dict[str, Table]:
        return {name: table for name, table in own_tables(connection).items() if name != "customer"}

    monkeypatch.setattr(subject, "own_tables", hidden)
    for command in (("show",), ("erase", *WHY)):
        result = desk.relay("privacy", command[0], "--address", key, *command[1:])
        assert result.exit_code == Exit.REFUSED
        assert "relay rights privacy" in result.output
        assert ": customer." in result.output
    assert NAME.split()[0] in texts_in(office.cobra)
