"""The scripts that show on a real SQL Server what no other server can."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

OPS = Path(__file__).parents[2] / "ops"
SCRIPTS = sorted((OPS / "host").glob("*.sql"))
ON_A_COPY = [path for path in SCRIPTS if path.stem != "prove"]
"""That one runs in a database of its own (tests/admin/doctor/test_prove.py)."""


@pytest.mark.parametrize("path", ON_A_COPY, ids=lambda path: path.stem)
def test_script_is_safe_and_says_what_to_expect(path: Path) -> None:
    """Each refuses a database that is no copy, undoes what it changes, and says what to see."""
    script = path.read_text(encoding="utf-8")
    assert "Expected" in script
    batches = re.split(r"^GO$", script, flags=re.MULTILINE)
    (changing,) = [batch for batch in batches if "BEGIN TRANSACTION" in batch]
    # In its own batch: SSMS goes on with the next one after an error.
    assert "THROW 50000" in changing[: changing.index("BEGIN TRANSACTION")]
    assert "ROLLBACK TRANSACTION" in script
    assert re.search(r"\bCOMMIT\b", script) is None
    statements = [line for line in script.splitlines() if not line.startswith("--")]
    assert statements[:2] == ["SET QUOTED_IDENTIFIER ON;", "SET ANSI_NULLS ON;"]


def test_what_nobody_has_run_is_listed() -> None:
    """Until somebody has run them on SQL Server, each is named among what is unproven."""
    told = (OPS / "unproven.md").read_text(encoding="utf-8")
    assert [path.name for path in SCRIPTS if f"`{path.name}`" not in told] == []
    assert ON_A_COPY
