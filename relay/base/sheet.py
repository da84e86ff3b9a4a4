"""Knows how a table becomes a file that Excel opens, and how what Excel saved is read back.

A text file is written as UTF-8 with a byte order mark and semicolons, so that a double click in a
Swiss Excel shows columns and umlauts. Excel saves the same file in the Windows code page, or as
Unicode text with tabs. A workbook has real days and amounts.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

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


_DAY, _TIME = "dd.mm.yyyy", "dd.mm.yyyy hh:mm"
_EXACT_DIGITS = 15
"""Excel keeps a number as a double; what has more digits stays a text, as do leading zeros."""
_UNSHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST = 32767
_WIDEST, _NARROWEST = 60, 8


def write_workbook(file: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table as a workbook; returns how many rows.

    Its heads stay in sight and have filters. A text is never computed, whatever it begins with.

    Raises:
        Refused: `cli_file_not_written`, or `cli_excel_missing`: the package that writes it.
    """
    try:
        from xlsxwriter import Workbook  # noqa: PLC0415 - optional
        from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415 - the same
    except ImportError as error:
        raise Refused("cli_excel_missing") from error
    book = Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    forms = {name: book.add_format({"num_format": name}) for name in (_DAY, _TIME)}
    sheet.write_row(0, 0, heads, book.add_format({"bold": True}))
    widths = [len(head) for head in heads]
    count = 0
    for count, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            shown = _write(book, sheet, forms, (count, column), value)
            widths[column] = max(widths[column], len(shown))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, max(_NARROWEST, min(width + 2, _WIDEST)))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, count, len(heads) - 1)
    try:
        book.close()
    except FileCreateError as error:
        raise Refused("cli_file_not_written", file=file, what=why(error.args[0])) from None
    return count


def _write(book: Any, sheet: Any, forms: dict[str, Any], at: tuple[int, int], value: object) -> str:
    """Write a cell; returns about how wide it is shown."""
    match value:
        case None:
            return ""
        case datetime():
            sheet.write_datetime(*at, value.astimezone().replace(tzinfo=None), forms[_TIME])
            return _TIME
        case date():
            sheet.write_datetime(*at, datetime.combine(value, datetime.min.time()), forms[_DAY])
            return _DAY
        case bool():
            sheet.write_boolean(*at, value)
        case int() | Decimal() if len(Decimal(value).as_tuple().digits) <= _EXACT_DIGITS:
            places = max(0, -int(Decimal(value).as_tuple().exponent))
            sheet.write_number(*at, float(value), _number(book, forms, value, places))
            return f"{value:,}"
        case _:
            text = _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", str(value))
            sheet.write_string(*at, text[:_LONGEST])
    return str(value)


def _number(book: Any, forms: dict[str, Any], value: int | Decimal, places: int) -> Any:
    """Return the form of a number: an amount with its places and groups, another one as it is."""
    name = "#,##0." + "0" * places if isinstance(value, Decimal) and places else "0"
    if name not in forms:
        forms[name] = book.add_format({"num_format": name})
    return forms[name]
