"""A key has a collation of its own: where it meets another text of ours, SQL Server is told one."""

from __future__ import annotations

import re

from relay.base.files import read_sql

EXACTLY = " COLLATE Latin1_General_100_BIN2"


def test_the_history_shows_keys_and_subjects_in_one_column() -> None:
    """Else the view cannot be created (451)."""
    view = read_sql("mssql", "views/v_history")
    assert re.findall(r"\ba\.subject\b(?:(?! COLLATE).)*?,", view) == []
    assert f"a.subject{EXACTLY}" in view


def test_what_waits_is_compared_with_the_record_in_one_collation() -> None:
    """Else each skip fails (468)."""
    for name in ("procedures/skip", "views/v_open"):
        text = read_sql("mssql", name)
        met = re.findall(r"waiting_on(.*?) (?:IN \(SELECT|<> w|= o)(.*)", text)
        assert met, name
        assert [pair for pair in met if "COLLATE" not in "".join(pair)] == [], name
