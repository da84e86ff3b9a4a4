"""One real database holds several years: each has a database of its own with views on it."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from sqlalchemy import URL

from relay.database.names import split_name
from relay.sage.reference import REFERENCE
from tests.world.databases import YEARS, Databases
from tests.world.odd_sages import OddSage, write_by_tag
from tests.world.office import LAST, THIS, Office, position
from tests.world.servers import Server


class Shared(Office):
    """An office whose bookkeepers keep the master data of all years in the real database."""

    def __init__(self, databases: Databases, real: URL, **overrides: Any) -> None:
        """Take it, and open the books."""
        self.real = databases.server.engine(real)
        super().__init__(databases, **overrides)

    def open_books(self, year: str, masters: dict[str, list[dict[str, Any]]]) -> None:
        """Write the master data of a year."""
        for name, rows in masters.items():
            for row in rows:
                write_by_tag(self.real, self.settings, year, name, row)


def several(server: Server) -> tuple[Databases, URL, dict[str, Any]]:
    """Return two years that are views on one real database, and how rows tell whose they are."""
    odd = OddSage("german")
    real = server.create("real", "sage")
    odd.build(server, real)
    profile = deepcopy(odd.profile)
    profile["only"] = {name: {"Mandant": "$year"} for name in REFERENCE}
    names = [split_name(table)[-1] for table in profile["tables"].values()]
    # Babelfish asks whether the views' owner may use the tables, SQL Server whether our login may.
    granted = (f"GRANT SELECT, INSERT, UPDATE ON dbo.{name} TO public\nGO\n" for name in names)
    server.run_as_vendor(real, "".join(granted))
    years = []
    for year in YEARS:
        url = server.create(year, "sage")
        gone = "".join(f"DROP TABLE dbo.{name}\nGO\n" for name in REFERENCE)
        views = "".join(
            f"CREATE VIEW dbo.{name} AS SELECT * FROM [{real.database}].dbo.{name}\nGO\n"
            for name in names
        )
        server.run_as_vendor(url, gone + views)
        years.append(url)
    return Databases(server, server.create("cobra", "cobra"), years, odd), real, profile


def test_two_years_in_one_real_database(server: Server) -> None:
    """Each year sees its own rows alone, by its own ledger; all stand in the real database."""
    if server.dialect == "sqlite":
        pytest.skip("a view of SQLite sees its own file alone")
    databases, real, profile = several(server)
    office = Shared(databases, real, sage={"profile": profile})
    key = office.add(SAGENR0="1001")
    before = office.invoice(key, position("70.00"), number="20250001", day=date(2025, 12, 30))
    after = office.invoice(key, position("100.00"), day=date(2026, 1, 5))
    office.drain()
    assert [office.state(invoice) for invoice in (before, after)] == [("applied", None)] * 2
    office.assert_books_right()
    query = "SELECT Mandant, Konto, Soll FROM dbo.Konten WHERE Konto = '1100' ORDER BY Mandant"
    with server.engine(real).connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
    assert [(str(row[0]).strip(), str(row[2])) for row in found] == [
        ("ANDERE", "77.00"), (LAST, "75.67"), (THIS, "108.10"),
    ]  # fmt: skip
