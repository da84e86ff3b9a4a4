"""Every type that a mapped column can have."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.cobra.capture.clerk import Cobra, configure
from tests.cobra.capture.marks import only_mssql


class Kind(NamedTuple):
    """A type with values of it, each different from the one before and after it."""

    field: str
    type: str
    values: list[str]


EVERYWHERE = [
    Kind("firm", "varchar(10)", ["'a'", "'A'", "'A '", "'ä'"]),
    Kind("firm2", "char(10)", ["'a'", "'A'"]),
    Kind("last_name", "nchar(10)", ["N'a'", "N'A'"]),
    Kind("first_name", "nvarchar(4000)", ["N'日本'", "N'日本 '", "N'🙂'"]),
    Kind("street", "nvarchar(max)", ["REPLICATE(N'x', 3000)", "REPLICATE(N'x', 3001)"]),
    Kind("department", "varchar(8000)", ["REPLICATE('x', 8000)", "REPLICATE('x', 7999) + 'X'"]),
    Kind("house_number", "varchar(max)", ["'a'", "'a '"]),
    Kind("zip", "int", ["7000", "-1"]),
    Kind("city", "bigint", ["9223372036854775807", "9223372036854775806"]),
    Kind("country", "smallint", ["1", "2"]),
    Kind("language", "tinyint", ["1", "255"]),
    Kind("phone", "bit", ["0", "1"]),
    Kind("mobile", "decimal(19, 4)", ["1.0001", "1.0002"]),
    Kind("fax", "money", ["1.01", "1.0101"]),
    Kind("email", "float", ["0.1", "0.30000000000000004", "0.3"]),
    Kind("terms", "real", ["0.5", "0.25"]),
    Kind("title", "date", ["'2026-01-01'", "'2026-01-02'"]),
    Kind("salutation", "time", ["'10:00:00.1'", "'10:00:00.11'"]),
    Kind("po_box", "datetime", ["'2026-01-01T10:00:00.000'", "'2026-01-01T10:00:00.003'"]),
    Kind("match_code", "datetime2", ["'2026-01-01T10:00:00.00001'", "'2026-01-01T10:00:00.00002'"]),
    Kind(
        "uid_number",
        "datetimeoffset",
        [
            "'2026-01-01T10:00:00+02:00'",
            "'2026-01-01T09:00:00+01:00'",
            "'2026-01-01T09:00:01+01:00'",
        ],
    ),
    Kind(
        "private_phone",
        "uniqueidentifier",
        ["'6F9619FF-8B86-D011-B42D-00C04FC964FF'", "'6F9619FF-8B86-D011-B42D-00C04FC964FE'"],
    ),
    Kind("debtor_number", "varbinary(20)", ["0x01", "0x0100", "0x02"]),
    Kind("address_type", "binary(4)", ["0x01", "0x02"]),
]
# SQLite takes a type as advice: what counts is the kind of value.
ON_SQLITE = [
    Kind("firm", "varchar(10)", ["'a'", "'A'", "'A '", "'ä'"]),
    Kind("last_name", "text", ["'日本'", "'🙂'"]),
    Kind("zip", "int", ["7000", "-1", "9223372036854775807"]),
    Kind("phone", "bit", ["0", "1"]),
    Kind("mobile", "decimal(19, 4)", ["1.0001", "1.0002"]),
    Kind("email", "float", ["0.1", "0.30000000000000004", "0.3"]),
    Kind("title", "date", ["'2026-01-01'", "'2026-01-02'"]),
    Kind("debtor_number", "varbinary(20)", ["x'01'", "x'0100'", "x'02'"]),
    Kind("city", "", ["1", "'1'", "x'31'"]),
]


def captured(cobra: Cobra, kinds: list[Kind], rows: int = 1) -> str:
    """Create and capture a table with a column of each type and so many empty rows."""
    columns = "".join(f", C_{kind.field} {kind.type} NULL" for kind in kinds)
    table = cobra.create("KINDS", f"ID int NOT NULL PRIMARY KEY{columns}")
    fields = {kind.field: f"C_{kind.field}" for kind in kinds}
    configure(cobra, "dbo.KINDS", "ID", {"sage_address_number": "ID"} | fields)
    cobra.install()
    for key in range(1, rows + 1):
        cobra.save(f"INSERT INTO {table} (ID) VALUES ({key})")
    return table


@pytest.mark.parametrize("rows", [1, 2])
def test_each_change_of_each_type_is_seen_and_nothing_else(cobra: Cobra, rows: int) -> None:
    """From nothing to a value, to another and back to nothing is noted; the same again is not.

    For one row the trigger has a statement of its own.
    """
    kinds = ON_SQLITE if cobra.dialect == "sqlite" else EVERYWHERE
    table = captured(cobra, kinds, rows)
    cobra.forget()

    for kind in kinds:
        for value in [*kind.values, "NULL"]:
            change = f"UPDATE {table} SET C_{kind.field} = {value}"
            cobra.save(change, change)
        once = [(str(key), "update", kind.field) for key in range(1, rows + 1)]
        assert sorted(cobra.changes()) == sorted(once * (len(kind.values) + 1)), kind
        cobra.forget()


@only_mssql
def test_type_of_ones_own_counts_as_what_it_stands_for(cobra: Cobra) -> None:
    """An alias type is a text like any other."""
    cobra.save("CREATE TYPE dbo.CityName FROM nvarchar(30)")
    table = captured(cobra, [Kind("city", "dbo.CityName", [])])
    cobra.forget()

    cobra.save(f"UPDATE {table} SET C_city = N'chur'", f"UPDATE {table} SET C_city = N'Chur'")

    assert cobra.changes() == [("1", "update", "city")] * 2
