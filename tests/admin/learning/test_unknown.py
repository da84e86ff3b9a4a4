"""In a Sage whose schema nobody has seen, our tables and columns are found by their values."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

from sqlalchemy.engine import Engine

from relay.sage.reference import REFERENCE
from relay.settings import Profile
from tests.admin.learning.spelling import small
from tests.world.desk import Desk
from tests.world.office import THIS, Office, position

TABLES = """
CREATE TABLE [Adressen] (
    [ID] int NOT NULL PRIMARY KEY, [Mandant] int NOT NULL, [Nr] varchar(13) NULL,
    [Firma] varchar(60) NULL, [Zusatz] varchar(60) NULL, [Strasse] varchar(60) NULL,
    [PLZ] varchar(10) NULL, [Ort] varchar(60) NULL,
    [Land] varchar(3) NULL, [Telefon] varchar(21) NULL
);
CREATE TABLE [Debitoren] (
    [DebNr] int NOT NULL PRIMARY KEY, [Mandant] int NOT NULL, [AdrNr] varchar(13) NULL,
    [Sammelkonto] varchar(13) NULL
);
CREATE TABLE [OffenePosten] (
    [PostenNr] varchar(13) NOT NULL PRIMARY KEY, [Mandant] int NOT NULL, [Debitor] int NULL,
    [Adresse] varchar(13) NULL, [Waehrung] char(3) NULL, [Rechnungstag] char(8) NULL,
    [Faellig] char(8) NULL, [Betrag] bigint NULL
);
CREATE TABLE [Belege] (
    [Beleg] int NOT NULL PRIMARY KEY, [Mandant] int NOT NULL, [Datum] char(8) NULL
);
CREATE TABLE [Buchungen] (
    [ID] int NOT NULL PRIMARY KEY, [Mandant] int NOT NULL, [BelegNr] int NULL,
    [Konto] varchar(13) NULL, [Gegenkonto] varchar(13) NULL, [SH] char(1) NULL,
    [Art] char(1) NULL, [Netto] bigint NULL,
    [Steuer] bigint NULL, [Code] varchar(5) NULL, [Buchungstext] varchar(60) NULL,
    [Posten] varchar(13) NULL
);
CREATE TABLE [Protokoll] ([Zeile] int NULL, [Wer] varchar(20) NULL, [Was] varchar(60) NULL)
"""
"""A Sage in German: Rappen, 'S' and 'H', days as char(8), one column for the mandant."""
ENTERED = """
INSERT INTO Adressen VALUES (501, 7, '1001', 'Käserei Müller AG', 'Zoë Müller',
    'Dorfstrasse 7a', '3550', 'Langnau i. E.', 'CH', '034 402 11 11');
INSERT INTO Debitoren VALUES (30001, 7, '1001', '1100');
INSERT INTO OffenePosten
    VALUES ('20260001', 7, 30001, '1001', 'CHF', '20260131', '20260302', 15940);
INSERT INTO Belege VALUES (8801, 7, '20260131');
INSERT INTO Buchungen VALUES
    (91, 7, 8801, '1100', 'div', 'S', 'K', 15940, 0, NULL, 'Rechnung', '20260001'),
    (92, 7, 8801, '3200', '1100', 'H', 'K', 10000, 810, 'USt81', 'Beratung Mai', NULL),
    (93, 7, 8801, '2200', '3200', 'H', 'M', 810, 10000, NULL, NULL, NULL),
    (94, 7, 8801, '3000', '1100', 'H', 'K', 5000, 130, 'USt26', 'Käse', NULL),
    (95, 7, 8801, 'KST1', '3000', 'H', 'S', 5000, 0, NULL, NULL, NULL),
    (96, 7, 8801, '2200', '3000', 'H', 'M', 130, 5000, NULL, NULL, NULL);
INSERT INTO Protokoll VALUES (1, 'RM', 'Käserei Müller AG')
"""

OWN_NUMBER = "PKd, 1001: Sage hat 30001, das Relay würde 1001 schreiben (PkKey)"
SIGN = (
    "Bk, Konto 2200 (Steuerzeile): Sage hat -810, das Relay würde 8.10 schreiben (ValNt):"
    " anderes Vorzeichen"
)


def run(engine: Engine, script: str) -> None:
    """Let Sage's own program do something."""
    with engine.begin() as connection:
        for statement in script.split(";"):
            connection.exec_driver_sql(statement)


def sampled(office: Office, desk: Desk, planted: str = "") -> None:
    """Let a bookkeeper enter a sample in a Sage that has nothing of the reference."""
    sage = office.sage[THIS]
    run(sage, ";".join(f"DROP TABLE {name}" for name in REFERENCE))
    run(sage, TABLES)
    run(sage, "INSERT INTO Protokoll VALUES (1, 'RM', 'Anmeldung')")
    key = office.add(SAGENR0="1001")
    before = desk.relay("learn", "before", "--year", THIS)
    assert before.exit_code == 0, before.output
    office.invoice(
        key,
        position("100.00", TEXT="Beratung Mai", account="3200"),
        position("50.00", TEXT="Käse", vat="reduced", COSTCENTRE="KST1"),
        day=date(2026, 1, 31),
        DUEDATE=date(2026, 3, 2),
    )
    run(sage, ENTERED + planted)


def uncommented(fragment: str) -> dict[str, Any]:
    """Return the profile that stands there once each sure line is in force."""
    lines = [line[2:] for line in fragment.splitlines() if line.startswith("# ")]
    kept = [line for line in lines if line.startswith("[") or " = " in line.split("#")[0]]
    profile: dict[str, Any] = tomllib.loads("\n".join(kept))["sage"]["profile"]
    return profile


def test_renames_are_found(office: Office, desk: Desk) -> None:
    """Tables, columns, codes, amounts and days of an unknown Sage are proposed as they are."""
    sampled(office, desk)
    found = desk.json("learn", "after", "20260001")
    names = {name: real.rpartition(".")[2] for name, real in found["found"].items()}
    assert small(names) == {
        "adr": "adressen", "pkd": "debitoren", "opd": "offeneposten", "blg": "belege",
        "bk": "buchungen",
    }  # fmt: skip
    profile = uncommented(found["profile"])
    Profile.model_validate(profile)
    profile = small(profile)
    assert profile["columns"]["bk"].items() >= {
        "accid": "konto", "cacc": "gegenkonto", "type": "sh", "btype": "art", "valnt": "netto",
        "valtx": "steuer", "taxid": "code", "text": "buchungstext", "opid": "posten",
        "blgnr": "belegnr",
    }.items()  # fmt: skip
    assert profile["columns"]["adr"] == {
        "adrid": "nr", "corp": "firma", "line1": "zusatz", "road": "strasse", "acode": "plz",
        "city": "ort", "telb": "telefon",
    }  # fmt: skip
    assert profile["columns"]["blg"] == {"blgnr": "beleg", "date": "datum"}
    assert profile["codes"]["bk"]["type"] == {"debit": "s", "credit": "h"}
    assert profile["codes"]["bk"]["btype"] == {"account": "k", "cost": "s", "tax": "m"}
    assert profile["amounts"]["bk"] == {"valnt": "minor", "valtx": "minor"}
    assert profile["dates"]["blg"] == {"date": "%y%m%d"}
    assert profile["constants"]["bk"] == {"mandant": 7}
    assert profile["columns"]["pkd"]["pkkey"] == "debnr"
    assert [one["text"] for one in found["differences"]] == [OWN_NUMBER]


def test_difference_in_an_unknown_table(office: Office, desk: Desk) -> None:
    """One wrong row hides no column, and is named in one line."""
    sampled(office, desk, ";UPDATE Buchungen SET Netto = -810 WHERE ID = 93")
    found = desk.json("learn", "after", "20260001")
    assert [one["text"] for one in found["differences"]] == [OWN_NUMBER, SIGN]
    assert '#? valnt = "netto"' in small(found["profile"])
