"""The month's journal for the file: a PDF for each mandant, whose text can be read."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from relay.base.errors import Exit
from relay.extras.paper import journal as paper
from relay.extras.paper.fonts import find_fonts
from tests.world.databases import INVOICES, Databases, merged
from tests.world.desk import Desk
from tests.world.office import Office, position


@pytest.fixture
def office(databases: Databases) -> Office:
    """A company whose relay books invoices into two years."""
    return Office(databases)


def text_of(file: Path) -> str:
    """Return what a PDF says, its words one blank apart."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(file).pages).split())


def test_sums_differences_decisions(office: Office, databases: Databases, tmp_path: Path) -> None:
    """All that a bookkeeper checks stands there, who decided and why too."""
    desk = Desk(databases, tmp_path, **INVOICES)
    customer = office.add(COMPANY1="Käserei Zürcher & Fils Ægidius")
    office.invoice(customer, position("100.00"), position("50.00", "3200", "reduced"))
    skipped = office.invoice(customer, position("30.00", account="9999"), number="20260002")
    office.invoice(customer, position("40.00", account="9998"), number="20260003")
    office.invoice(customer, number="20260004", day=date(2026, 2, 1))
    office.drain()
    office.skip(skipped, "von Hand verbucht")
    file = tmp_path / "januar.pdf"
    result = desk.relay("journal", "--month", "2026-01", "--pdf", str(file), "--mandant", "MUSTER")
    assert result.exit_code == Exit.FINDINGS, result.output
    assert "januar.pdf" in result.stdout
    said = text_of(file)
    for part in (
        "Journal MUSTER, 01.01.2026 bis 31.01.2026",
        "3 Rechnungen und Gutschriften",
        "USt26 3200 50.00 1.30 50.00 1.30 -",
        "USt81 3000 100.00 8.10 100.00 8.10 -",
        "20260003 Käserei Zürcher & Fils Ægidius 31.01.2026 43.24 0.00 angehalten",
        "übersprungen", "von Hand verbucht", "Unterschrift", "Ort, Datum", "Seite 1 von 1",
    ):  # fmt: skip
        assert part in said, (part, said)
    assert "20260004" not in said
    meta = PdfReader(file).metadata
    assert meta is not None
    assert meta.title == "Journal MUSTER, 01.01.2026 bis 31.01.2026"


def test_each_mandant_has_its_file(office: Office, databases: Databases, tmp_path: Path) -> None:
    """What belongs to one mandant stands in no other's file."""
    settings = office.settings
    years = [settings.sage.year[0].model_copy(update={"mandant": "MUSTER-IMMO"})]
    sage = settings.sage.model_copy(update={"year": [*years, *settings.sage.year[1:]]})
    office.settings = settings.model_copy(update={"sage": sage})
    office.invoice(office.add(), day=date(2025, 9, 1), MANDANT=2)
    office.drain()
    desk = Desk(databases, tmp_path, **INVOICES)
    desk.write(office.settings)
    result = desk.relay("journal", "--month", "2025-09", "--pdf", str(tmp_path / "sept.pdf"))
    assert result.exit_code == Exit.OK, result.output
    own, other = (text_of(tmp_path / f"sept-{name}.pdf") for name in ("MUSTER-IMMO", "MUSTER"))
    assert "USt81 3000 100.00 8.10 100.00 8.10" in own
    assert "USt81" not in other
    assert "0 Rechnungen" in other


def test_english_and_many_pages(office: Office, databases: Databases, tmp_path: Path) -> None:
    """Each page has its number, and a table its heads; the language is the configured one."""
    desk = Desk(databases, tmp_path, **merged(INVOICES, {"language": "en"}))
    customer = office.add()
    for number in range(60):
        office.invoice(customer, position("10.00", account="9999"), number=str(number + 1))
    office.drain()
    file = tmp_path / "january.pdf"
    desk.relay("journal", "--month", "2026-01", "--pdf", str(file))
    reader = PdfReader(file)
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert len(pages) > 1
    for at, page in enumerate(pages, 1):
        assert f"Page {at} of {len(pages)}" in page
    assert sum("Number Customer" in page for page in pages) > 1
    assert "Signature" in pages[-1]


@pytest.mark.skipif(find_fonts() is None, reason="no font such as DejaVu Sans is installed")
def test_letters_of_all_europe(office: Office, databases: Databases, tmp_path: Path) -> None:
    """A customer's name is the customer's name, also where Swiss people come from elsewhere."""
    desk = Desk(databases, tmp_path, **INVOICES)
    customer = office.add(COMPANY1="Kovačević & Łukasz Öğretmen")
    office.invoice(customer, position("10.00", account="9999"))
    office.drain()
    file = tmp_path / "j.pdf"
    desk.relay("journal", "--month", "2026-01", "--pdf", str(file))
    assert "Kovačević & Łukasz Öğretmen" in text_of(file)


def test_without_a_font(
    office: Office, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without fonts still sets it, and says what is missing."""
    monkeypatch.setattr(paper, "find_fonts", lambda: None)
    desk = Desk(databases, tmp_path, **INVOICES)
    customer = office.add(COMPANY1="Müller-Kovačević")
    office.invoice(customer, position("10.00", account="9999"))
    office.drain()
    file = tmp_path / "j.pdf"
    desk.relay("journal", "--month", "2026-01", "--pdf", str(file))
    said = text_of(file)
    assert "Müller-Kova?evi?" in said
    assert "DejaVu Sans" in said


def test_fonts_are_found(tmp_path: Path) -> None:
    """Only a font of which both weights lie side by side."""
    assert find_fonts([tmp_path, tmp_path / "none"]) is None
    folder = tmp_path / "truetype"
    folder.mkdir()
    (folder / "arial.ttf").touch()
    assert find_fonts([tmp_path]) is None
    (folder / "arialbd.ttf").touch()
    found = find_fonts([tmp_path])
    assert found is not None
    assert found.plain == folder / "arial.ttf"


def test_without_the_package(
    office: Office, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who lacks it is told what to install."""
    office.drain()
    desk = Desk(databases, tmp_path, **INVOICES)
    monkeypatch.setitem(sys.modules, "relay.extras.paper.journal", None)
    result = desk.relay("journal", "--month", "2026-01", "--pdf", str(tmp_path / "j.pdf"))
    assert result.exit_code == Exit.REFUSED
    assert "cobra-sage-relay[pdf]" in result.output


def test_file_that_cannot_be_written(office: Office, databases: Databases, tmp_path: Path) -> None:
    """A folder that is not there is named."""
    office.drain()
    desk = Desk(databases, tmp_path, **INVOICES)
    file = tmp_path / "none" / "j.pdf"
    result = desk.relay("journal", "--month", "2026-01", "--pdf", str(file), "--mandant", "MUSTER")
    assert result.exit_code == Exit.REFUSED
    assert "none" in result.output
