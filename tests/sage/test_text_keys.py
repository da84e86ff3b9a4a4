"""Records whose key is a text that the database compares without regard to case."""

from __future__ import annotations

from tests.world.company import World
from tests.world.databases import EXAMPLE, YEARS, Databases
from tests.world.office import THIS, Office

PEOPLE = {
    "table": "dbo.KUNDE", "key": "NR", "parent": None, "deleted": None, "changed_by": None,
    "required": ["firm"],
    "fields": dict.fromkeys(EXAMPLE["cobra"]["address"]["fields"])
    | {"sage_address_number": "SAGENR", "firm": "FIRMA", "address_type": "ART"},
}  # fmt: skip

FIELDS = {
    "invoice": {
        "table": "dbo.FAKTURA", "key": "NR", "address": "ADRESSE", "changed_by": None,
        "cancelled": None, "final": {"column": "GEDRUCKT", "is": 1},
        "fields": dict.fromkeys(
            ("kind", "corrects", "posting_date", "due_date", "mandant", "cost_centre", "currency",
             "rate", "terms", "reference", "iban", "text", "gross", "rounding")
        ) | {"invoice_number": "NUMMER", "invoice_date": "DATUM"},
    },
    "position": {
        "table": "dbo.ZEILE", "key": "ID", "invoice": "NR", "amounts": "gross",
        "fields": dict.fromkeys(
            ("line", "article", "text", "quantity", "unit_price", "supplied_on", "supplied_until",
             "vat_rate", "vat_amount", "cost_centre")
        ) | {"amount": "NETTO", "account": "KONTO", "vat": "MWST"},
    },
}  # fmt: skip


def _office(databases: Databases) -> Office:
    """Create the tables, with keys that do not see case, and a company that uses them."""
    lite = databases.server.dialect == "sqlite"
    dbo, case, text = ("", "COLLATE NOCASE", "TEXT") if lite else ("dbo.", "", "decimal(18, 2)")
    with databases.server.engine(databases.cobra).begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE {dbo}FAKTURA (NR nvarchar(20) {case} NOT NULL PRIMARY KEY,"
            " NUMMER nvarchar(20), ADRESSE int, DATUM date, GEDRUCKT int)"
        )
        connection.exec_driver_sql(
            f"CREATE TABLE {dbo}ZEILE (ID int NOT NULL PRIMARY KEY, NR nvarchar(20) {case},"
            f" NETTO {text}, KONTO nvarchar(20), MWST nvarchar(20))"
        )
    return Office(databases, cobra=FIELDS)


def test_position_that_spells_its_invoice_otherwise(databases: Databases) -> None:
    """A position that names the invoice in other letters belongs to it, as the database says."""
    office = _office(databases)
    customer = office.add(SAGENR0="1001")
    dbo = "" if databases.server.dialect == "sqlite" else "dbo."
    with office.cobra.begin() as connection:
        for statement in (
            f"INSERT INTO {dbo}FAKTURA VALUES ('Ab', '20260001', {customer}, '2026-01-31', 1)",
            f"INSERT INTO {dbo}ZEILE VALUES (1, 'Ab', '100.00', '3000', 'none')",
        ):
            connection.exec_driver_sql(statement)
    office.drain()
    assert office.items(THIS) == {"20260001": (1001, "100.00")}
    with office.cobra.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO {dbo}ZEILE VALUES (2, 'aB', '20.00', '3000', 'none')"
        )
    office.drain()
    assert office.state("Ab") == ("held", "content_changed")
    assert "120.00" in office.told("Ab")
    assert [e.cause for e in office.of_invoice("Ab")][-1] == "link"
    assert office.state("aB") == ("not_for_sage", "invoice_gone")


def test_address_whose_key_changes_its_letters(databases: Databases) -> None:
    """The database finds it under the former key too; but that one's record is gone."""
    lite = databases.server.dialect == "sqlite"
    table, case = ("KUNDE", "COLLATE NOCASE") if lite else ("dbo.KUNDE", "")
    with databases.server.engine(databases.cobra).begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE {table} (NR nvarchar(20) {case} NOT NULL PRIMARY KEY,"
            " FIRMA nvarchar(50), SAGENR nvarchar(20), ART nvarchar(20))"
        )
    world = World(databases, cobra={"address": PEOPLE})
    for statement in (
        f"INSERT INTO {table} VALUES ('Ab', 'Käserei', '7', 'Kunde')",
        f"UPDATE {table} SET NR = 'aB', SAGENR = '8', FIRMA = 'Molkerei'",
    ):
        with world.cobra.begin() as connection:
            connection.exec_driver_sql(statement)
        world.drain()
    assert {entry.status for entry in world.entries()} == {"applied"}
    for year in YEARS:
        assert {n: row["Corp"] for n, row in world.in_sage(year).items()} == {
            "7": "Käserei", "8": "Molkerei",
        }  # fmt: skip
        assert [key for key, (_, sent) in world.links(year).items() if "gone" in sent] == ["Ab"]
