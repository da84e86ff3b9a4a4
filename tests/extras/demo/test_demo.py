"""The demo, whole: it tells its story, proves it, and keeps its hands off other folders."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from relay.admin.journal import Reason
from relay.base.errors import Refused
from relay.extras.demo import run
from relay.extras.demo.company import Company
from relay.extras.demo.proof import books, prove


@pytest.mark.slow
def test_demo_proves_its_promise(tmp_path: Path) -> None:
    """The demo ends well, in a pipe without a control character, and leaves its files."""
    told = io.StringIO()
    folder = tmp_path / "demo"
    run(folder, Console(file=told, width=200), "en")
    assert "Nothing lost, double or stale; equal to the centime" in told.getvalue()
    assert "\x1b" not in told.getvalue()
    company = Company(folder)
    assert company.config.is_file()
    assert not any(check.wrong for check in prove(company))
    _spoil(company)
    wrong = {check.name for check in prove(company) if check.wrong}
    assert wrong == {
        "check_equal", "check_items", "check_balance", "check_extra", "check_ledger",
        "check_open", "check_noticed", "check_documents", "check_bought",
    }  # fmt: skip
    assert Reason.FOREIGN in {one.reason for one in books(company).differences}


def _spoil(company: Company) -> None:
    """Break each promise once: the proof must be able to fail."""
    with company.clerk() as connection:
        connection.execute("DELETE FROM relay_outbox WHERE entity = 'address' AND entity_key = '3'")
        connection.execute("UPDATE relay_outbox SET status = 'pending' WHERE entity_key = '4'")
        connection.execute("DELETE FROM relay_document_position")
        connection.execute(f"ATTACH '{company.year('MUSTER2026')}' AS sage")
        connection.execute("UPDATE sage.Adr SET City = 'Nirgends'")
        connection.execute("UPDATE sage.OPd SET MVal = '1.00' WHERE MVal <> '0.00'")
        connection.execute("UPDATE sage.Bk SET ValNt = '1.00' WHERE TaxId = 'USt81'")
        connection.execute("INSERT INTO sage.Blg (BlgNr, Date) VALUES (7, '2026-01-01')")
        connection.execute("DELETE FROM sage.relay_applied WHERE entity = 'invoice'")


def test_strange_folder_is_refused(tmp_path: Path) -> None:
    """A folder with somebody else's files is not touched."""
    other = tmp_path / "letter.txt"
    other.write_text("mine", encoding="utf-8")
    with pytest.raises(Refused, match="demo_folder"):
        run(tmp_path, Console(file=io.StringIO()))
    assert other.read_text(encoding="utf-8") == "mine"
