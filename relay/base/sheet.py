"""Knows how a table becomes a file that a Swiss Excel opens, and how what Excel saved is read back.

Written as UTF-8 with a byte order mark and semicolons, so that a double click shows columns and
umlauts. Excel saves the same file in the Windows code page, or as Unicode text with tabs.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from relay.base.errors import Refused
from relay.base.files import why

DELIMITERS = ";\t,"
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line as Excel numbers it (the heads are line 1), with its cells by head."""

    number: int
    cells: dict[str, str]


def write_sheet(file: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table; returns how many rows. A text that Excel would compute stays a text.

    Raises:
        Refused: `cli_file_not_written`.
    """
    count = 0
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as written:
            sheet = csv.writer(written, delimiter=";", lineterminator="\r\n")
            sheet.writerow(heads)
            for row in rows:
                sheet.writerow([_cell(value) for value in row])
                count += 1
    except OSError as error:
        raise Refused("cli_file_not_written", file=file, what=why(error)) from None
    return count


def _cell(value: object) -> str:
    text = "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def read_sheet(file: Path) -> Iterator[SheetLine]:
    """Read a table, whichever way Excel saved it; empty lines are passed over.

    Raises:
        Refused: `cli_file_not_read`.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Refused("cli_file_not_read", file=file, what=why(error)) from None
    lines = io.StringIO(_decoded(raw), newline="")
    first = lines.readline()
    if first.startswith("sep="):
        first = lines.readline()
    delimiter = max(DELIMITERS, key=first.count)
    lines.seek(0)
    heads: list[str] = []
    for number, row in enumerate(csv.reader(lines, delimiter=delimiter), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("sep="):
            continue
        if heads:
            yield SheetLine(number, dict(zip(heads, cells, strict=False)))
        else:
            heads = cells


def _decoded(raw: bytes) -> str:
    known = next((encoding for bom, encoding in _BOMS if raw.startswith(bom)), None)
    if known is not None:
        return raw.decode(known, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")
