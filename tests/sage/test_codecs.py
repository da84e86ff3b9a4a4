"""A value stands in an odd column as its profile says, and is read back as what it was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import CHAR, BigInteger, Column, Integer, MetaData, Numeric, String, Table
from sqlalchemy.types import TypeEngine

from relay.admin.rights import grants, in_year
from relay.sage.codecs import codec_of, with_sides, without_sides
from relay.settings import Profile, Settings
from relay.settings.profile import Amount, Counter
from tests.world.databases import EXAMPLE, INVOICES, merged


def column(kind: TypeEngine[Any], *, nullable: bool = True) -> Column[Any]:
    return Table("t", MetaData(), Column("c", kind, nullable=nullable)).c.c


@pytest.mark.parametrize("kind", [BigInteger(), String(20), Numeric(18, 0)])
@pytest.mark.parametrize("amount", ["0.00", "108.10", "-0.05", "999999999999.99"])
def test_amount_in_hundredths(kind: TypeEngine[Any], amount: str) -> None:
    """Exactly, whatever the column's type; what is smaller than a hundredth is refused."""
    profile = Profile.model_construct(amounts={"Bk": {"ValNt": Amount(minor=True)}})
    codec = codec_of(profile, "Bk", "ValNt", column(kind))
    stands = codec.put(Decimal(amount))
    assert int(str(stands)) == int(Decimal(amount) * 100)
    assert str(codec.got(stands)) == amount
    with pytest.raises(ValueError, match=r"Bk\.ValNt"):
        codec.put(Decimal("0.005"))


@pytest.mark.parametrize(
    ("kind", "form", "stands", "sorts"),
    [
        (CHAR(8), "%Y%m%d", "20260131", True),
        (Integer(), "%Y%m%d", 20260131, True),
        (CHAR(10), "%d.%m.%Y", "31.01.2026", False),
    ],
)
def test_day_as_a_text_or_number(
    kind: TypeEngine[Any],
    form: str,
    stands: object,
    sorts: bool,  # noqa: FBT001
) -> None:
    """Only what sorts as the days do may be compared by the database; zeros and blanks are none."""
    codec = codec_of(Profile(dates={"Blg": {"Date": form}}), "Blg", "Date", column(kind))
    assert codec.put(date(2026, 1, 31)) == stands
    assert codec.got(stands) == date(2026, 1, 31)
    assert codec.sorts is sorts
    assert [codec.got(nothing) for nothing in (None, "        ", "00000000", 0)] == [None] * 4
    with pytest.raises(ValueError, match="x"):
        codec.got("x")


def test_codes_are_named_or_refused() -> None:
    """Letters stand for what the rules decide by; another one, or none, is never guessed."""
    codes: Any = {"Bk": {"Type": {"debit": "S", "credit": "H"}}, "Blg": {"Orig": {"debtors": "D"}}}
    profile = Profile.model_construct(codes=codes)
    side = codec_of(profile, "Bk", "Type", column(CHAR(3)))
    assert (side.put(0), side.put(1), side.got("S  "), side.got("H")) == ("S", "H", 0, 1)
    for unknown in ("X", "s", "", None):
        with pytest.raises(ValueError, match=r"Bk\.Type"):
            side.got(unknown)
    origin = codec_of(profile, "Blg", "Orig", column(CHAR(1)))
    assert (origin.put(1), origin.got("D"), origin.got("Z")) == ("D", 1, None)


@pytest.mark.parametrize("net", ["100.00", "-100.00"])
@pytest.mark.parametrize("side", [0, 1])
def test_side_by_the_sign(net: str, side: int) -> None:
    """With a column for the side nothing changes; without one debit less credit stays the same."""
    row = {"Type": side, "ValNt": Decimal(net), "ValTx": Decimal("8.10"), "Text": "x"}
    signed = frozenset(["ValNt", "ValTx"])
    stands = dict(with_sides(row, signed))
    assert stands["ValNt"] == (-Decimal(net) if side else Decimal(net))
    assert without_sides(stands, signed) == row
    del stands["Type"]
    read = without_sides(stands, signed)
    assert (read["Type"] == 1) is (Decimal(str(stands["ValNt"])) < 0)
    assert read["ValNt"] == Decimal("100.00")


def test_counters_need_rights() -> None:
    """The run role may read and raise each table in which Sage counts, named once."""
    year = {
        "name": "Y", "mandant": "MUSTER", "first_day": "2026-01-01", "last_day": "2026-12-31",
        "url": "mssql+pyodbc://r@s/y",
    }  # fmt: skip
    counter = {"counter": "fibu.Nummern.Wert"}
    keys = {"Blg": {"BlgNr": counter, "ID": counter}, "Bk": {"ID": "identity"}}
    told = merged(merged(EXAMPLE, INVOICES), {"sage": {"year": [year], "profile": {"keys": keys}}})
    settings = Settings(**merged(told, {"cobra": {"url": "mssql+pyodbc://r@s/c"}}))
    assert isinstance(settings.sage.profile.numbers_documents, Counter)
    found = [
        g.right
        for g in grants(in_year(settings, settings.sage.year[0], "run"))
        if "Nummern" in g.what
    ]
    assert found == ["SELECT", "UPDATE"]
