"""The tables of Sage and cobra that tests and demo use behave alike on every dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import Table, insert, select
from sqlalchemy.exc import DBAPIError

from relay.database import Failure, TableInfo, dialect_of
from relay.database.reflection import column_named, read_table

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from tests.world.databases import Databases
    from tests.world.servers import Server

LENGTHS = {
    "Adr": {
        "AdrId": 13, "Corp": 31, "Line1": 31, "Line2": 31, "Road": 31, "ACode": 31, "City": 25,
        "CCode": 3, "Lang": 1, "Salut": 65, "Title": 31, "Sort": 11, "Code": 11,
        "TelB": 21, "TelP": 21, "TelN": 21, "TelF": 21,
    },
    "PKd": {
        "AdrId": 13, "AccId": 13, "GAcc": 13, "ZabId": 5, "Text": 31, "Sort": 11, "Code": 11,
        "CusNr": 11, "CallN": 31, "CallT": 21, "Ref": 17,
    },
    "OPd": {"OpId": 13, "AdrId": 13, "Ref": 27, "Text": 31, "ZabId": 5, "TaxId": 5},
    "Blg": {"Grp": 1},
    "Bk": {"AccId": 13, "CAcc": 13, "TaxId": 5, "Text": 60, "Code": 9, "OpId": 13},
    "Zab": {"ZabId": 5, "Text": 31},
    "Tax": {"TaxId": 5, "AccId": 13, "Text": 19},
    "FCur": {"CurId": 5, "AccId": 13},
    "Acc": {"AccId": 13},
    "Client": {"CurId": 3},
}  # fmt: skip
"""What the published import format says (the client's settings are no part of it)."""

MONEY = {"PKd": {"MDbt", "MCdt"}, "OPd": {"MVal", "FVal"}, "Bk": {"ValNt", "ValTx", "ValFW"}}


@pytest.fixture
def sage(server: Server) -> Engine:
    """A Sage year without a record."""
    return server.engine(server.create("sage", "sage"))


def reflected(engine: Engine, name: str) -> Table:
    with engine.connect() as connection:
        return read_table(connection, TableInfo(None, name))


def add(engine: Engine, table: Table, **values: Any) -> None:
    row = {column_named(table, name): value for name, value in values.items()}
    with engine.begin() as connection:
        connection.execute(insert(table).values(row))


@pytest.mark.parametrize("name", LENGTHS)
def test_texts_are_as_long_as_the_import_format_says(sage: Engine, name: str) -> None:
    """Reflection finds the lengths, from which the relay knows what fits."""
    table = reflected(sage, name)
    found = {tag: getattr(column_named(table, tag).type, "length", None) for tag in LENGTHS[name]}

    assert found == LENGTHS[name]


def test_every_length_is_kept(sage: Engine) -> None:
    """A text of exactly its length goes in, one character more is refused as the record's fault."""
    table = reflected(sage, "Adr")
    add(sage, table, **{tag: "ü" * length for tag, length in LENGTHS["Adr"].items()})
    for tag, length in LENGTHS["Adr"].items():
        with pytest.raises(DBAPIError) as caught:
            add(sage, table, **({"AdrId": "1"} | {tag: "ü" * (length + 1)}))
        assert dialect_of(sage).failure(caught.value) is Failure.DATA, tag


def test_a_number_is_one_address(sage: Engine) -> None:
    """Sage refuses a second address of the same number, and one without."""
    table = reflected(sage, "Adr")
    add(sage, table, AdrId="100", Corp="Muster AG")
    for number in ("100", None):
        with pytest.raises(DBAPIError) as caught:
            add(sage, table, AdrId=number, Corp="Beispiel GmbH")
        assert dialect_of(sage).failure(caught.value) is Failure.DATA


@pytest.mark.parametrize("name", MONEY)
def test_money_is_no_floating_number(sage: Engine, name: str) -> None:
    """An amount has two decimal places and is never kept as an inexact number."""
    table = reflected(sage, name)
    exact = "TEXT" if sage.dialect.name == "sqlite" else "DECIMAL(18, 2)"
    assert {str(column_named(table, tag).type) for tag in MONEY[name]} == {exact}


def test_a_clerk_can_save_an_address(databases: Databases) -> None:
    """The demo's address table numbers its rows by itself and keeps any character."""
    engine = databases.server.engine(databases.cobra)
    addresses = reflected(engine, "ADDRESSES")
    add(engine, addresses, COMPANY1="Žižkov & Söhne 😀", CITY0="Zürich", NOTES0="x" * 10_000)
    add(engine, addresses, LASTNAME0="O'Neill", DELETED0=True)

    number, firm, notes, deleted = (
        column_named(addresses, name) for name in ("ID", "COMPANY1", "NOTES0", "DELETED0")
    )
    wanted = select(number, firm, notes, deleted).order_by(number)
    with engine.connect() as connection:
        first, second = cast("list[Any]", connection.execute(wanted).all())
    assert first[0] < second[0]
    assert first[1] == "Žižkov & Söhne 😀"
    assert len(first[2]) == 10_000
    assert (first[3], second[3]) == (False, True)


def test_the_example_is_a_valid_configuration(databases: Databases) -> None:
    """Every mapped column exists in the demo's table, and both years have their database."""
    settings = databases.settings(relay={"poll_ms": 7})
    addresses = reflected(databases.server.engine(databases.cobra), "ADDRESSES")

    for name in settings.cobra.address.captured().values():
        column_named(addresses, name)  # raises if it is not there
    assert settings.relay.poll_ms == 7
    assert [settings.year_url(year) for year in settings.sage.year] == databases.years
    assert settings.cobra_url() == databases.cobra
