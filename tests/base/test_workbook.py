"""A workbook holds real days and amounts, and never more than what it was told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from relay.base.errors import Refused
from relay.base.sheet import write_workbook


def written(tmp_path: Path, *values: object) -> list[Any]:
    """Return the cells of a row as Excel reads them."""
    file = tmp_path / "sheet.xlsx"
    heads = [f"H{number}" for number in range(len(values))]
    assert write_workbook(file, heads, [values]) == 1
    sheet = load_workbook(file).active
    assert sheet is not None
    first, second = sheet.iter_rows()
    assert [cell.value for cell in first] == heads
    return list(second)


def test_days_and_amounts_are_what_they_are(tmp_path: Path) -> None:
    day, amount, count, nothing = written(
        tmp_path, date(2026, 11, 29), Decimal("-1234.50"), 7, None
    )
    assert day.value == datetime(2026, 11, 29)  # noqa: DTZ001 - Excel knows no zones
    assert day.number_format == "dd.mm.yyyy"
    assert amount.value == -1234.5
    assert amount.number_format == "#,##0.00"
    assert (count.value, count.number_format) == (7, "0")
    assert nothing.value is None


def test_time_is_this_machines(tmp_path: Path) -> None:
    then = datetime(2026, 7, 1, 10, 30, tzinfo=UTC)
    (cell,) = written(tmp_path, then)
    assert cell.value == then.astimezone().replace(tzinfo=None)
    assert "hh:mm" in cell.number_format


@pytest.mark.parametrize(
    "text", ["=1+1", '=cmd|"/c"!A0', "+41 44 1", "0815", "https://muster.ch", "{=1}", "😀 «Ü»"]
)
def test_text_stays_a_text(tmp_path: Path, text: str) -> None:
    """Nothing is computed, no link is made, no zero is lost."""
    (cell,) = written(tmp_path, text)
    assert cell.value == text
    assert cell.data_type == "s"
    assert cell.hyperlink is None


def test_number_that_excel_would_round_stays_a_text(tmp_path: Path) -> None:
    (cell,) = written(tmp_path, Decimal("12345678901234567.89"))
    assert cell.value == "12345678901234567.89"


def test_text_that_no_workbook_may_hold_is_shortened(tmp_path: Path) -> None:
    """Control characters are replaced, and nothing is longer than Excel's cell."""
    control, long = written(tmp_path, "a\x00b\x1bc", "x" * 40_000)
    assert control.value == "a\ufffdb\ufffdc"
    assert long.value == "x" * 32_767


def test_heads_stay_in_sight_and_filter(tmp_path: Path) -> None:
    file = tmp_path / "sheet.xlsx"
    write_workbook(file, ["A", "B"], [(1, 2), (3, 4)])
    sheet = load_workbook(file).active
    assert sheet is not None
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cli_file_not_written"):
        write_workbook(tmp_path / "kein" / "Ordner.xlsx", ["A"], [])
