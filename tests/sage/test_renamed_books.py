"""A Sage whose books are called and typed otherwise is kept all the same."""

from __future__ import annotations

from tests.world.databases import Databases
from tests.world.office import THIS, Office

PROFILE = {
    "tables": {"Acc": "Konten", "PKd": "Debitoren"},
    "columns": {
        "Acc": {"AccId": "Nr", "MDbt": "", "MCdt": ""},
        "PKd": {"PkKey": "Nummer", "AdrId": "Adresse", "AccId": "Sammelkonto"},
        "OPd": {"MDbt": "", "MCdt": ""},
    },
}
KONTEN = "CREATE TABLE Konten (Nr int NOT NULL PRIMARY KEY)"
DEBITOREN = (
    "CREATE TABLE Debitoren (Nummer nvarchar(10) NOT NULL PRIMARY KEY, Adresse nvarchar(13),"
    " Sammelkonto int, WrnLk smallint)"
)


def test_numbers_as_accounts_and_texts_as_debtors(databases: Databases) -> None:
    """Keys are compared as what they mean; totals that the profile does not name are left alone."""
    office = Office(databases, sage={"profile": PROFILE})
    for year in office.sage:
        office.sage_execute(year, KONTEN)
        office.sage_execute(year, DEBITOREN)
        for account in (1100, 2200, 3000, 6940):
            office.sage_execute(year, f"INSERT INTO Konten (Nr) VALUES ({account})")
    customer = office.add(SAGENR0="1001")
    first = office.invoice(customer)
    office.drain()
    second = office.invoice(customer, number="20260002")
    odd = office.invoice(customer, number="20260003", COSTCENTRE="KST1")
    office.drain()
    assert office.state(first) == office.state(second) == ("applied", None)
    assert office.state(odd) == ("held", "cost_centre_missing")
    with office.sage[THIS].connect() as connection:
        debtors = connection.exec_driver_sql("SELECT * FROM Debitoren").all()
    assert [tuple(row) for row in debtors] == [("1001", "1001", 1100, 0)]
    assert set(office.items(THIS)) == {"20260001", "20260002"}
    assert [row["MDbt"] for row in office.book(THIS, "OPd")] == ["0.00", "0.00"]
