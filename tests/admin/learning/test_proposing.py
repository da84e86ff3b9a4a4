"""What only Sage writes is proposed by what it comes from, as a comment with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import uuid4

from relay.admin.learning.expected import ExpectedRow
from relay.admin.learning.filling import Surroundings
from relay.admin.learning.line import fragment
from relay.admin.learning.pairing import KnownTable, Pair, PairedTable
from relay.admin.learning.proposing import proposed

NOW = datetime(2026, 2, 1, 9, 30)  # noqa: DTZ001 - as a database has it
ABOUT = Surroundings(
    now=NOW, user="rosa", year="MUSTER2026", mandant="MUSTER", numbered={"Blg": "ID"},
    given=frozenset(["Blg"]),
)  # fmt: skip


def lines_of(*rows: Mapping[str, object]) -> dict[str, tuple[str, bool]]:
    """Return what is proposed for rows of documents: name to value, and whether it is a choice."""
    pairing = PairedTable("Blg", "Blg", known=KnownTable("Blg", {"BlgNr": "BlgNr"}))
    pairing.pairs = [Pair(ExpectedRow("Blg", {"BlgNr": 1}), {"BlgNr": 1, **row}) for row in rows]
    return {line.name: (line.value, line.is_choice) for line in proposed([pairing], ABOUT)}


def test_expressions() -> None:
    """A clock, an identifier, a login, a year: each is proposed as what it is."""
    rows = (
        {
            "ID": at, "Wann": NOW, "Text": NOW.isoformat(" "), "Guid": uuid4(), "Wer": "ROSA",
            "Jahr": "MUSTER2026", "Firma": "MUSTER", "Whg": "CHF", "Leer": None, "Nr": at * 7,
        }
        for at in (1, 2)
    )  # fmt: skip
    assert lines_of(*rows) == {
        "ID": ('"identity"', False),
        "Wann": ('"$now"', False),
        "Text": ('"$now"', False),
        "Guid": ('"$guid"', False),
        "Wer": ('"$user"', False),
        "Jahr": ('"$year"', False),
        "Firma": ('"$mandant"', False),
        "Whg": ('"CHF"', False),
    }


def test_not_in_all_rows() -> None:
    """What stands in some rows only is a possibility, and no more."""
    assert lines_of({"Whg": "CHF"}, {"Whg": ""}) == {"Whg": ('"CHF"', True)}


def test_mandant_restricts() -> None:
    """A column with our mandant restricts what is seen: the others' rows are none of ours."""
    pairing = PairedTable("Blg", "Belege")
    pairing.pairs = [Pair(ExpectedRow("Blg", {"BlgNr": 7}), {"Beleg": 7, "Mandant": "MUSTER"})]
    sections = {line.name: line.section for line in proposed([pairing], ABOUT)}
    assert sections["Mandant"] == "only.Blg"


def test_short_values_are_never_sure() -> None:
    """A value that is ours as well may be our column, and a day is that of the sample alone."""
    ours = {"AdrId": "1001", "CCode": "CH"}
    row = {"Nummer": "1001", "Land": "CH", "Faellig": date(2026, 4, 9), "Art": 2}
    pairing = PairedTable("Adr", "Adressen")
    pairing.pairs = [Pair(ExpectedRow("Adr", ours), row)]
    lines = {(line.section, line.name): line for line in proposed([pairing], ABOUT)}
    assert lines["columns.Adr", "CCode"].value == '"Land"'
    assert lines["columns.Adr", "CCode"].is_choice
    assert lines["constants.Adr", "Land"].is_choice
    assert lines["constants.Adr", "Faellig"].is_choice
    assert not lines["constants.Adr", "Art"].is_choice


def test_code_says_which_column_it_is_of() -> None:
    """Where two columns can be the side of a posting, each code is told with its column."""
    pairing = PairedTable("Bk", "Buchungen")
    rows = [(0, "S", "K"), (1, "H", "D")]
    pairing.pairs = [Pair(ExpectedRow("Bk", {"Type": t}), {"SH": a, "KD": b}) for t, a, b in rows]
    pairing.codes["Type"] = {"SH": {0: "S", 1: "H"}, "KD": {0: "K", 1: "D"}}
    lines = fragment(proposed([pairing], ABOUT), [], "de").splitlines()
    codes = [line for line in lines if line.startswith("#? Type = {")]
    for line, column, code in zip(codes, ("SH", "KD"), ("S", "K"), strict=True):
        assert f'debit = "{code}"' in line
        assert f"für Spalte {column}:" in line


def test_evidence() -> None:
    """Each line is a comment that says in how many rows it is so."""
    pairing = PairedTable("Blg", "Blg", known=KnownTable("Blg", {}))
    pairing.pairs = [Pair(ExpectedRow("Blg", {}), {"Whg äö": 'C"F'})]
    text = fragment(proposed([pairing], ABOUT), ["Bk"], "de")
    assert all(line.startswith("#") for line in text.splitlines() if line)
    assert '# "Whg äö" = "C\\"F"' in text
    assert "nur Sage schreibt das, in 1 von 1 Zeilen" in text
    assert "Bk: keine Tabelle" in text
