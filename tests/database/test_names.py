"""A table's name in the configuration is taken apart as a person means it."""

from __future__ import annotations

import pytest

from relay.database.names import split_name


@pytest.mark.parametrize(
    ("configured", "parts"),
    [
        ("ADDRESSES", ["ADDRESSES"]),
        ("dbo.ADDRESSES", ["dbo", "ADDRESSES"]),
        ("dbo.[Adressen (alt)]", ["dbo", "Adressen (alt)"]),
        ('dbo."Kunden.Adressen"', ["dbo", "Kunden.Adressen"]),
        ("[my.schema].[Adr]]essen]", ["my.schema", "Adr]essen"]),
        ("[dbo].ADDRESSES", ["dbo", "ADDRESSES"]),
        ("dbo.a.b", ["dbo", "a.b"]),
        ("dbo.[half", ["dbo", "[half"]),
        ("[half", ["[half"]),
    ],
)
def test_quoted_or_not(configured: str, parts: list[str]) -> None:
    """Each part may be quoted or not; what is no well-formed quotation stands as it is."""
    assert split_name(configured) == parts
