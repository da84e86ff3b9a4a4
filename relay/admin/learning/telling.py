"""Knows how what was learnt is told in JSON, also without any text that names somebody."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from relay.admin.learning.changes import TableChanges
from relay.admin.learning.differing import Deviation
from relay.admin.learning.line import Setting, fragment
from relay.admin.learning.report import Learnt
from relay.base import texts
from relay.base.toml import quoted

_KEPT = re.compile(r"[+-]?\d+\.\d{2,6}|\d{4}-\d\d-\d\d(?:[ T][\d:.]+)?")
"""Amounts and days that are kept as texts."""


def blanked(value: object) -> object:
    """Return a value without what names somebody: a text as long as it was, of x and 9.

    >>> blanked("Käserei 12 AG")
    'xxxxxxx 99 xx'
    """
    if isinstance(value, str) and not _KEPT.fullmatch(value.strip()):
        return "".join("9" if c.isdigit() else "x" if c.isalpha() else c for c in value)
    return value


def in_json(learnt: Learnt, language: str, *, anonymous: bool = False) -> dict[str, Any]:
    """Return all that was learnt, for a program or for the partner."""
    lines, found, shown = learnt.lines, learnt.comparison.differences, _plain
    if anonymous:
        lines, found = [_without_words(line) for line in lines], [_blanked(d) for d in found]
        shown = _blank
    return {
        "year": learnt.year,
        "tables": [_of_table(each, shown) for each in learnt.tables],
        "plan": {
            "year": learnt.expected.year,
            "rows": [
                {"table": row.table, "new": row.is_new, "values": shown(row.values)}
                for row in learnt.expected.rows
            ],
            "problems": [texts.of_problem(p, language) for p in learnt.expected.problems]
            if not anonymous
            else [problem.code for problem in learnt.expected.problems],
        },
        "found": {pairing.table: pairing.sage for pairing in learnt.pairings},
        "equal": learnt.comparison.equal,
        "differences": [
            {
                "kind": str(d.kind), "table": d.table, "row": d.row, "tag": d.tag or None,
                "column": d.column or None, "sage": _one(d.sage), "relay": _one(d.ours),
                "why": str(d.why), "text": line_of(d, language),
            }
            for d in found
        ],
        "profile": fragment(lines, learnt.missing, language, learnt.viewed),
    }  # fmt: skip


def line_of(difference: Deviation, language: str) -> str:
    """Say in one line what is not alike."""
    d = difference
    row = _row_name(d, language)
    why = texts.text(f"learnt_why_{d.why}", language) if d.why != "other" else ""
    return texts.text(
        f"learnt_{d.kind}",
        language,
        table=d.table,
        row=row,
        tag=d.tag,
        sage=_shown(d.sage, language),
        ours=_shown(d.ours, language),
        why=f": {why}" if why else "",
    )


def _row_name(difference: Deviation, language: str) -> str:
    row = difference.row
    if "account" in row:
        name = texts.text("learn_row_account", language, account=row["account"] or "?")
        part = row.get("part")
        return f"{name} ({texts.text(f'learnt_part_{part}', language)})" if part else name
    return row.get("key") or "?"


def _shown(value: object, language: str) -> str:
    text = "" if value is None else str(value)
    return text or texts.text("learn_nothing", language)


def _of_table(found: TableChanges, shown: Any) -> dict[str, Any]:
    return {
        "schema": found.table.where.schema,
        "table": found.table.where.name,
        "key": found.table.key,
        "by_range": found.is_large,
        "inserted": [shown(row) for row in found.inserted],
        "changed": [{"columns": row.columns, "row": shown(row.row)} for row in found.changed],
        "deleted": found.deleted,
        "more": found.more,
        "left_out": found.table.left_out,
    }


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    return {name: _one(value) for name, value in row.items()}


def _blank(row: Mapping[str, object]) -> dict[str, object]:
    return {name: blanked(_one(value)) for name, value in row.items()}


def _one(value: object) -> object:
    """Return a value as JSON has it: exact amounts, times and identifiers as texts."""
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _blanked(difference: Deviation) -> Deviation:
    row: Mapping[str, str] = {
        n: str(blanked(v)) if n != "part" else v for n, v in difference.row.items()
    }
    return replace(
        difference, row=row, sage=blanked(difference.sage), ours=blanked(difference.ours)
    )


def _without_words(line: Setting) -> Setting:
    """Blank what a column of Sage held; names of tables, columns and codes name nobody."""
    is_word = line.section.startswith("constants.") and line.value.startswith('"')
    if not is_word or line.value.startswith('"$'):
        return line
    return replace(line, value=quoted(blanked(line.value.strip('"'))))


def rows_told(values: Sequence[tuple[str, object]]) -> str:
    """Write columns with their values in one line; what is empty is left out."""
    return ", ".join(f"{name} = {_one(value)}" for name, value in values if value not in (None, ""))
