"""A table goes to Excel and comes back, whichever way Excel saves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.base.errors import Refused
from relay.base.sheet import read_sheet, write_sheet

HEADS = ("Entscheid", "Name")
ROWS = [("ja", "Käserei «Müller»; Söhne"), ("", "zwei\nZeilen"), ("nein", 'Mit "Zitat"')]


def _saved(file: Path, encoding: str, delimiter: str) -> None:
    """Save a file anew as Excel does, in another encoding and with another delimiter."""
    text = file.read_text(encoding="utf-8-sig")
    if delimiter != ";":
        text = text.replace("Entscheid;", f"Entscheid{delimiter}").replace("ja;", f"ja{delimiter}")
        text = text.replace("\n;", f"\n{delimiter}").replace("nein;", f"nein{delimiter}")
    file.write_bytes(text.encode(encoding))


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ";"), ("cp1252", ";"), ("cp1252", ","), ("utf-16", "\t"), ("utf-8", ",")],
)
def test_comes_back_as_it_was(tmp_path: Path, encoding: str, delimiter: str) -> None:
    """Umlauts, quotes, delimiters and line breaks in cells survive; lines count as in Excel."""
    file = tmp_path / "sheet.csv"
    assert write_sheet(file, HEADS, ROWS) == 3
    _saved(file, encoding, delimiter)
    lines = list(read_sheet(file))
    assert [tuple(line.cells.values()) for line in lines] == ROWS
    assert [line.number for line in lines] == [2, 3, 4]


def test_excel_opens_it_by_a_double_click(tmp_path: Path) -> None:
    """It begins with the mark by which Excel knows UTF-8, and its columns part at semicolons."""
    file = tmp_path / "sheet.csv"
    write_sheet(file, HEADS, ROWS)
    assert file.read_bytes().startswith(b"\xef\xbb\xbfEntscheid;Name\r\n")


@pytest.mark.parametrize("text", ["=1+1", "+41 44 1", "@SUM(A1)", "-A1", "\t=1", '=cmd|"/c"!A0'])
def test_text_is_never_computed(tmp_path: Path, text: str) -> None:
    """A cell that Excel would take for a formula is told as a text; an amount stays a number."""
    file = tmp_path / "sheet.csv"
    write_sheet(file, HEADS, [(text, "-12.50")])
    (line,) = read_sheet(file)
    assert line.cells["Entscheid"].startswith("'")
    assert line.cells["Name"] == "-12.50"


def test_file_that_is_not_there(tmp_path: Path) -> None:
    """What cannot be read or written is named."""
    with pytest.raises(Refused, match="cli_file_not_read"):
        list(read_sheet(tmp_path / "fehlt.csv"))
    with pytest.raises(Refused, match="cli_file_not_written"):
        write_sheet(tmp_path / "kein" / "Ordner.csv", HEADS, [])
