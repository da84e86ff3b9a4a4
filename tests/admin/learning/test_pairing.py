"""Rows and columns are found by their values, however a Sage calls, orders and writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from relay.admin.learning.differing import Kind, Why, compare
from relay.admin.learning.expected import ExpectedRow
from relay.admin.learning.pairing import PairedTable, paired
from relay.admin.learning.placing import place_tags

DAY = date(2026, 1, 31)
Row = dict[str, Any]


def posting(place: int, account: str, contra: str, net: str, **more: Any) -> ExpectedRow:
    """Return a posting as the relay would write it."""
    amounts = {"ValNt": Decimal(net), "ValTx": Decimal(more.pop("tax", "0.00"))}
    whole = {"BlgNr": 1000000000, "BkIdx": place, "AccId": account, "CAcc": contra, "Type": 1}
    rest = {"BType": 0, "TaxId": "", "Text": "", "OpId": None, "PkKey": None, "Flags": 0}
    return ExpectedRow("Bk", whole | rest | amounts | more)


OURS = (
    ExpectedRow(
        "OPd",
        {
            "OpId": "R-4711", "PkKey": 1001, "AdrId": "A1001", "Text": "Rechnung Mai",
            "CurId": "CHF", "DateD": date(2026, 3, 2), "MVal": Decimal("159.40"),
        },
    ),
    ExpectedRow("Blg", {"BlgNr": 1000000000, "Date": DAY, "Orig": 1, "GFNr": None}),
    posting(
        1, "1100", "div", "159.40", Type=0, OpId="R-4711", PkKey=1001, Flags=1, Text="Rechnung Mai"
    ),
    posting(2, "3200", "1100", "100.00", tax="8.10", TaxId="USt81", Text="Beratung"),
    posting(3, "2200", "3200", "8.10", tax="100.00", BType=2),
    posting(4, "3000", "1100", "50.00", tax="1.30", TaxId="USt26", Text="Bergkäse"),
    posting(5, "KST1", "3000", "50.00", BType=1),
    posting(6, "2200", "3000", "1.30", tax="50.00", BType=2),
)  # fmt: skip
NAMES = {
    "OPd": "Posten", "Blg": "Belege", "Bk": "Buchungen", "OpId": "PostenNr", "PkKey": "Debitor",
    "AdrId": "Adresse", "CurId": "Waehrung", "DateD": "Faellig", "MVal": "Betrag",
    "BlgNr": "BelegNr", "Date": "Datum", "AccId": "Konto", "CAcc": "Gegenkonto", "Type": "SH",
    "BType": "Art", "ValNt": "Netto", "ValTx": "Steuer", "TaxId": "Code", "Text": "Worte",
}  # fmt: skip
"""What a Sage in German calls tables and tags; those that are missing it has not."""


def written(value: Any, tag: str, *, style: str, is_debit: bool) -> Any:
    """Return a value as a Sage of a style keeps it."""
    if tag == "Type":
        return "S" if is_debit else "H"
    if tag == "BType":
        return "KFM"[value]
    if isinstance(value, Decimal):
        value = value if is_debit or "signed" not in style else -value
        return int(value * 100) if "minor" in style else value
    if isinstance(value, date):
        return value.strftime("%Y%m%d") if "texts" in style else value
    return value


def in_sage(style: str) -> dict[str, list[Row]]:
    """Return what a Sage of a style has of the sample, and a protocol that tells of it too."""
    found: dict[str, list[Row]] = {}
    for row in OURS:
        is_debit = not row.values.get("Type", 0)
        columns = {
            NAMES[tag]: 8801 if tag == "BlgNr" else written(v, tag, style=style, is_debit=is_debit)
            for tag, v in row.values.items()
            if tag in NAMES
        }
        rows = found.setdefault(NAMES[row.table], [])
        rows.append({"ID": 90 + len(rows), "Mandant": 7, "Wer": "RM"} | columns)
    found["Protokoll"] = [{"Nr": 1, "Was": "Beleg 8801 R-4711"}, {"Nr": 2, "Was": "Rechnung Mai"}]
    return found


def learnt(sage: Mapping[str, Sequence[Row]]) -> dict[str, PairedTable]:
    """Return what is found in a Sage that nobody knows."""
    pairings = paired(OURS, sage, {})
    place_tags(pairings)
    return {pairing.table: pairing for pairing in pairings}


@given(
    style=st.sampled_from(["plain", "minor", "signed", "minor signed", "minor texts"]),
    order=st.permutations(range(6)),
    tables=st.permutations(["Posten", "Belege", "Buchungen", "Protokoll"]),
)
def test_each_tag_is_found(style: str, order: list[int], tables: list[str]) -> None:
    """Whatever the style and the order of rows and tables: no tag is found in a wrong column."""
    sage = in_sage(style)
    sage["Buchungen"] = [sage["Buchungen"][at] for at in order]
    found = learnt({name: sage[name] for name in tables})
    assert {name: pairing.sage for name, pairing in found.items()} == {
        "OPd": "Posten", "Blg": "Belege", "Bk": "Buchungen",
    }  # fmt: skip
    for pairing in found.values():
        assert not pairing.missing
        assert not pairing.extra
        for tag in {tag for pair in pairing.pairs for tag in pair.ours.values} & NAMES.keys():
            assert pairing.column(tag) == NAMES[tag], (pairing.table, tag)
    assert found["Bk"].codes["Type"]["SH"] == {0: "S", 1: "H"}
    assert found["Bk"].codes["BType"]["Art"] == {0: "K", 1: "F", 2: "M"}
    reading = {"plain": "same", "minor texts": "minor", "signed": "by_side"}.get(style, style)
    assert found["Bk"].places["ValNt"][0].reading == reading.replace(" signed", "_by_side")
    assert compare(list(found.values())).differences == []


@given(at=st.integers(0, 5), style=st.sampled_from(["plain", "minor"]))
def test_one_wrong_sign(at: int, style: str) -> None:
    """A sign that is wrong in one row is found in that row, and nothing else is."""
    sage = in_sage(style)
    sage["Buchungen"][at]["Netto"] = -sage["Buchungen"][at]["Netto"]
    (difference,) = compare(list(learnt(sage).values())).differences
    assert (difference.kind, difference.why, difference.tag) == (Kind.DIFFERS, Why.SIGN, "ValNt")
    assert difference.sage == sage["Buchungen"][at]["Netto"]


@given(at=st.integers(0, 5))
def test_one_missing_row(at: int) -> None:
    """A row that Sage has not is named, and no other is taken for it."""
    sage = in_sage("plain")
    gone = sage["Buchungen"].pop(at)
    (difference,) = compare(list(learnt(sage).values())).differences
    assert difference.kind is Kind.ROW_MISSING
    assert (difference.row["account"], difference.ours) == (gone["Konto"], gone["Netto"])


def test_several_columns_are_all_named() -> None:
    """Two columns with the same values are two possibilities, and none is chosen."""
    sage = in_sage("plain")
    for row in sage["Buchungen"]:
        row["Nettobetrag"] = row["Netto"]
    bk = learnt(sage)["Bk"]
    assert [place.column for place in bk.places["ValNt"]] == ["Netto", "Nettobetrag"]
    assert bk.column("ValNt") is None


def test_nothing_like_it() -> None:
    """Where no table has the values, none is named."""
    found = learnt({"Protokoll": [{"Nr": 1, "Was": "Anmeldung"}]})
    assert {pairing.sage for pairing in found.values()} == {None}
