"""Where the names are known, what Sage writes otherwise is named, each thing in one line."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import orjson
import pytest

from relay.base.errors import Exit
from tests.admin.learning.spelling import small
from tests.world.contents import contents, statements
from tests.world.desk import Desk
from tests.world.office import THIS, Office, position

POSITIONS = (
    position("100.00", TEXT="Beratung Mai", account="3200"),
    position("50.00", TEXT="Käse", vat="reduced", COSTCENTRE="KST1"),
)


def entered(office: Office, desk: Desk, *planted: str) -> None:
    """Note the year, let a bookkeeper enter what the relay would write, and what is planted."""
    key = office.add(SAGENR0="1001")
    before = desk.relay("learn", "before", "--year", THIS)
    assert before.exit_code == 0, before.output
    office.invoice(key, *POSITIONS, day=date(2026, 1, 31))
    office.drain()
    for statement in planted:
        office.sage_execute(THIS, statement)


def learnt(office: Office, desk: Desk, *planted: str) -> list[str]:
    """Return the lines that say what is not alike."""
    entered(office, desk, *planted)
    return [one["text"] for one in desk.json("learn", "after", "20260001")["differences"]]


def test_all_alike(office: Office, desk: Desk) -> None:
    """What is entered as the relay would is equal in all values, and nothing is proposed."""
    entered(office, desk)
    found = desk.json("learn", "after", "20260001")
    assert found["differences"] == []
    assert found["equal"] > 50
    assert found["found"].keys() == {"Adr", "PKd", "OPd", "Blg", "Bk"}
    assert [line for line in found["profile"].splitlines() if line.startswith("# [")] == []


def test_numbers_of_its_own(office: Office, desk: Desk) -> None:
    """A document that Sage numbers by itself is no difference, as long as its rows agree."""
    own = [f"UPDATE {table} SET BlgNr = 77" for table in ("Blg", "Bk")]
    assert learnt(office, desk, *own) == []


def test_wrong_sign(office: Office, desk: Desk) -> None:
    """An amount with another sign is one line."""
    planted = "UPDATE Bk SET ValNt = '-8.10' WHERE BType = 2 AND ValNt = '8.10'"
    (line,) = learnt(office, desk, planted)
    assert line == (
        "Bk, Konto 2200 (Steuerzeile): Sage hat -8.10, das Relay würde 8.10 schreiben (ValNt):"
        " anderes Vorzeichen"
    )


def test_wrong_tax_row(office: Office, desk: Desk) -> None:
    """A tax row on another account is one line."""
    planted = "UPDATE Bk SET AccId = '2201' WHERE BType = 2 AND ValNt = '8.10'"
    assert learnt(office, desk, planted) == [
        "Bk, Konto 2200 (Steuerzeile): Sage hat 2201, das Relay würde 2200 schreiben (AccId)"
    ]


def test_missing_cost_row(office: Office, desk: Desk) -> None:
    """A cost row that Sage does not write is one line, and what pointed to it another."""
    planted = ("DELETE FROM Bk WHERE BType = 1", "UPDATE Bk SET CIdx = NULL")
    (line,) = learnt(office, desk, *planted)
    assert line == (
        "Bk, Konto KST1 (Kostenzeile): Sage hat keine solche Zeile, das Relay würde sie schreiben"
        " (Betrag: 50.00)"
    )


def test_row_of_sage_alone(office: Office, desk: Desk) -> None:
    """A row that the relay would not write is one line."""
    planted = (
        "INSERT INTO Bk (BlgNr, BkIdx, AccId, Type, BType, ValNt)"
        " VALUES (20260001, 99, '9100', 1, 0, '12.34')"
    )
    assert learnt(office, desk, planted) == [
        "Bk, Konto 9100: Sage hat eine Zeile, die das Relay nicht schreiben würde (Betrag: 12.34)"
    ]


def test_column_of_sage_alone(office: Office, desk: Desk) -> None:
    """What fills columns without a tag is proposed as a constant, with its evidence."""
    entered(office, desk, "UPDATE Blg SET Grp = 'D', MType = 4", "UPDATE OPd SET Batch = 12")
    told = desk.relay("learn", "after", "20260001")
    lines = [" ".join(line.split()) for line in small(told.output).splitlines()]
    assert "# [sage.profile.constants.blg]" in lines
    assert '# grp = "d" # nur sage schreibt das, in 1 von 1 zeilen' in lines
    assert "# mtype = 4 # nur sage schreibt das, in 1 von 1 zeilen" in lines
    assert "# batch = 12 # nur sage schreibt das, in 1 von 1 zeilen" in lines


def test_what_is_shown(office: Office, desk: Desk) -> None:
    """New rows have all columns and values; of changed ones it is marked what has changed."""
    office.add(SAGENR0="2001")
    entered(office, desk)
    told = small(desk.relay("learn", "after").output)
    name = "blg" if office.dialect.name == "sqlite" else "dbo.blg"
    assert f"{name}: 1 neu, 0 geändert, 0 gelöscht\n  + blgnr = 20260001" in told
    assert "~ accid = 1100, mdbt* = 159.40" in told
    assert "relay learn after rechnungsnummer" in told
    (acc,) = [t for t in small(desk.json("learn", "after"))["tables"] if t["table"] == "acc"]
    assert {(tuple(c["columns"]), c["row"]["accid"]) for c in acc["changed"]} == {
        (("mdbt",), "1100"),
        *((("mcdt",), account) for account in ("2200", "3000", "3200", "kst1")),
    }
    office.sage_execute(THIS, "DELETE FROM Zab")
    tables = small(desk.json("learn", "after"))["tables"]
    assert {"zab": 1}.items() <= {t["table"]: t["deleted"] for t in tables}.items()


def test_address_alone(office: Office, desk: Desk) -> None:
    """An address is compared by itself, selected or not."""
    entered(office, desk, "UPDATE Adr SET City = 'LANGNAU'")
    found = desk.json("learn", "after", "--address", "1001")
    assert [one["text"] for one in found["differences"]] == [
        "Adr, 1001: Sage hat LANGNAU, das Relay würde Langnau i. E. schreiben (City)"
    ]


def test_held_invoice_says_why(office: Office, desk: Desk) -> None:
    """What the relay would not book has no plan, and the reason is told."""
    key = office.add(SAGENR0="1001", CITY0=None)
    desk.relay("learn", "before", "--year", THIS)
    office.invoice(key)
    told = desk.relay("learn", "after", "20260001")
    assert told.exit_code == 0, told.output
    assert "Das Relay würde das so nicht schreiben" in told.output


def test_anonymous(office: Office, desk: Desk, tmp_path: Path) -> None:
    """The partner's file has no word of anybody, but amounts, days and the shape of texts."""
    entered(office, desk, "UPDATE Blg SET Grp = 'M'")
    file = tmp_path / "partner.json"
    told = desk.relay("learn", "after", "20260001", "--to", str(file), "--anonymous")
    assert told.exit_code == 0, told.output
    text = file.read_text(encoding="utf-8")
    for word in ("Käserei", "Müller", "Langnau", "3550", "Dorfstrasse", "Beratung"):
        assert word not in text
    found = orjson.loads(text)
    rows = {t["table"]: t["inserted"] for t in small(found)["tables"]}
    assert rows["adr"][0]["corp"] == "xxxxxxx xxxxxx xx"
    assert rows["bk"][0]["valnt"] == "159.40"
    assert 'grp = "x"' in small(found["profile"])


def test_nothing_is_written(office: Office, desk: Desk, tmp_path: Path) -> None:
    """Both databases are the same before and after, and the notes are their owner's alone."""
    entered(office, desk)
    before = contents(office.cobra, *office.sage.values())
    with statements() as written:
        desk.relay("learn", "before", "--year", THIS, "--file", str(tmp_path / "other.jsonl"))
        desk.relay("learn", "after", "20260001", "--address", "1001")
    assert written == []
    assert contents(office.cobra, *office.sage.values()) == before
    notes = tmp_path / "other.jsonl"
    assert stat.S_IMODE(notes.stat().st_mode) == 0o600
    assert "Käserei" not in notes.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("notes", "code"),
    [(None, "Es gibt keine Notizen"), ("{}", "keine Notizen von"), ("x", "keine Notizen von")],
)
def test_wrong_notes(desk: Desk, tmp_path: Path, notes: str | None, code: str) -> None:
    """What are no notes, is refused with the way out."""
    file = tmp_path / "notes.jsonl"
    if notes is not None:
        file.write_text(notes, encoding="utf-8")
    told = desk.relay("learn", "after", "--file", str(file))
    assert told.exit_code == Exit.REFUSED
    assert code in told.output


def test_notes_of_another_database(office: Office, desk: Desk) -> None:
    """Notes of one database say nothing of another one."""
    assert office.sage
    desk.relay("learn", "before", "--year", THIS)
    notes = desk.file.parent / "learn.jsonl"
    head, *rest = notes.read_bytes().splitlines(keepends=True)
    notes.write_bytes(head.replace(THIS.encode(), b"MUSTER2025") + b"".join(rest))
    told = desk.relay("learn", "after")
    assert told.exit_code == Exit.REFUSED
    assert "anderen Datenbank" in told.output
