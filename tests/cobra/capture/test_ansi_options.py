"""Sessions with other SET options than ours."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra
from tests.cobra.capture.marks import only_mssql

OFF = [
    "QUOTED_IDENTIFIER",
    "ANSI_NULLS",
    "ANSI_PADDING",
    "ANSI_WARNINGS",
    "ARITHABORT",
    "CONCAT_NULL_YIELDS_NULL",
    "ANSI_NULL_DFLT_ON",
]


@only_mssql
def test_save_works_whatever_options_the_session_has(cobra: Cobra) -> None:
    """Old programs connect with ANSI options off: their saves neither fail nor go unnoticed."""
    cobra.save(*(f"SET {option} OFF" for option in OFF))
    cobra.save("SET NOCOUNT OFF", "SET XACT_ABORT ON", "SET LANGUAGE German", "SET DATEFORMAT dmy")

    cobra.save(
        f"INSERT INTO {cobra.table()} (CITY0, CHANGEDBY0) VALUES ('Thun', NULL)",
        f"UPDATE {cobra.table()} SET CITY0 = NULL, MAINID = NULL, ZIP0 = '7001' WHERE ID = 1",
        f"DELETE FROM {cobra.table()} WHERE ID = 2",
    )

    assert cobra.changes() == [
        ("3", "insert", None),
        ("1", "update", "zip,city"),
        ("2", "delete", None),
    ]
