"""Numbers that cobra asks for after an insert."""

from __future__ import annotations

import pytest

from tests.cobra.capture.clerk import Cobra
from tests.cobra.capture.marks import only_mssql


@only_mssql
def test_scope_identity_stays_the_applications(cobra: Cobra) -> None:
    """SCOPE_IDENTITY() after an insert is the new row's number."""
    with cobra.clerk.begin():
        number = cobra.clerk.exec_driver_sql(
            f"SET NOCOUNT ON; INSERT INTO {cobra.table()} (CITY0) VALUES ('Thun');"
            " SELECT SCOPE_IDENTITY()"
        ).scalar_one()

    assert number == 3


@only_mssql
def test_outbox_has_no_identity_column(cobra: Cobra) -> None:
    """Its number comes from a sequence, which leaves @@IDENTITY alone."""
    count = (
        "SELECT COUNT(*) FROM sys.columns WHERE is_identity = 1 AND object_id = OBJECT_ID(N'{}')"
    )

    assert cobra.ask(count.format("relay.outbox")) == 0
    assert cobra.ask(count.format(cobra.table())) == 1


@only_mssql
def test_identity_stays_the_applications(cobra: Cobra) -> None:
    """@@IDENTITY after an insert is the new row's number."""
    if sequences_count(cobra):
        pytest.skip("this server (Babelfish) lets a sequence's default change @@IDENTITY")

    cobra.save(f"INSERT INTO {cobra.table()} (CITY0) VALUES ('Thun')")

    assert cobra.ask("SELECT @@IDENTITY") == 3


def sequences_count(cobra: Cobra) -> bool:
    """Ask the server itself, without a trigger and without the relay's tables."""
    cobra.save(
        "CREATE SEQUENCE dbo.NUMBERS AS int START WITH 500",
        "CREATE TABLE dbo.COUNTED (N int NOT NULL DEFAULT NEXT VALUE FOR dbo.NUMBERS, A int)",
        "CREATE TABLE dbo.NUMBERED (N int NOT NULL IDENTITY, A int)",
        "INSERT INTO dbo.NUMBERED (A) VALUES (1)",
        "INSERT INTO dbo.COUNTED (A) VALUES (1)",
    )
    return bool(cobra.ask("SELECT @@IDENTITY") != 1)
