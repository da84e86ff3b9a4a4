"""Knows how plans of addresses and their links are written into a Sage year: set-based."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Column

from relay.rules.address.facts import Facts, Link, Row
from relay.rules.address.plan import Plan
from relay.sage.layout import SageTable
from relay.sage.year import SageYear


def write_addresses(year: SageYear, plans: Sequence[Plan], facts: Facts) -> None:
    """Carry out plans: one statement for each table and kind of change."""
    adr = year.sage_table("Adr")
    _insert(year, adr, [plan for plan in plans if plan.insert is not None])
    updates = [(plan.number, plan.update) for plan in plans if plan.update is not None]
    if updates:
        _update(year, adr, updates, facts)
    _write_links(year, plans)
    locks = {debtor: lock for plan in plans for debtor, lock in plan.locks.items()}
    if locks:
        _write_locks(year, locks)


def _insert(year: SageYear, adr: SageTable, plans: Sequence[Plan]) -> None:
    """Insert every mapped column, so that one statement serves all rows."""
    if not plans:
        return
    mapped = {"AdrId", *(tag for plan in plans if plan.link for tag in plan.link.content)}
    columns = {
        tag: column for tag, column in adr.columns.items() if tag in mapped or not column.nullable
    }
    empty = {tag: _value(column, "") for tag, column in columns.items()}
    numbers = {tag: c for tag, c in columns.items() if c.type.python_type is not str}
    rows = []
    for plan in plans:
        values = plan.insert or {}
        row = {column.name: values.get(tag) or empty[tag] for tag, column in columns.items()}
        rows.append(row | {c.name: _value(c, values.get(tag, "")) for tag, c in numbers.items()})
    year.insert_rows(adr.table, rows)


def _update(
    year: SageYear,
    adr: SageTable,
    updates: Sequence[tuple[str, Row]],
    facts: Facts,
) -> None:
    tags = sorted({tag for _, row in updates for tag in row})
    columns = {tag: adr.columns[tag] for tag in tags}
    key = adr.columns["AdrId"].name
    rows = []
    for number, changed in updates:
        stands = facts.raw[number]
        values = {
            column.name: _value(column, changed[tag]) if tag in changed else stands[tag]
            for tag, column in columns.items()
        }
        rows.append({key: _key(adr, number), **values})
    year.update_rows(adr.table, rows, by=[key])


def _write_links(year: SageYear, plans: Sequence[Plan]) -> None:
    ln = year.tables.link
    new = [p.link for p in plans if p.link is not None and p.is_new_link]
    known = [p.link for p in plans if p.link is not None and not p.is_new_link]
    year.insert_rows(
        ln,
        [{"entity_key": k.key, "number": k.number, **_last_sent(k)} for k in new],
        now=("linked_at", "updated_at"),
    )
    year.update_rows(
        ln,
        [{"entity_key": k.key, **_last_sent(k)} for k in known],
        by=("entity_key",),
        now=("updated_at",),
    )


def _write_locks(year: SageYear, locks: Mapping[int, int]) -> None:
    pkd = year.sage_table("PKd")
    key, lock = pkd.columns["PkKey"].name, pkd.columns["WrnLk"].name
    rows = [{key: pkd.put("PkKey", d), lock: pkd.put("WrnLk", n)} for d, n in locks.items()]
    year.update_rows(pkd.table, rows, by=[key])


def _last_sent(link: Link) -> dict[str, str]:
    content = orjson.dumps(link.content, option=orjson.OPT_SORT_KEYS).decode()
    return {"content": content, "uid_number": link.uid}


def _key(table: SageTable, number: str) -> int | str:
    return int(number) if table.is_number("AdrId") else number


def _value(column: Column[Any], text: str) -> object:
    if not text:
        return None if column.nullable else ""
    kind = column.type.python_type
    try:
        return kind(text)
    except (TypeError, ValueError, ArithmeticError) as error:
        msg = f"{column.name}: «{text}» is no {kind.__name__}"
        raise ValueError(msg) from error
