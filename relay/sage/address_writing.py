"""Knows how plans of addresses and their links are written into a Sage year: set-based.

Also how the link of a record that cobra holds no more goes to the one that took its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import Table, exists, update

from relay.rules.address.facts import Facts, Link, Row
from relay.rules.address.plan import Plan
from relay.sage.layout import SageTable
from relay.sage.writing import insert_rows, update_rows, update_typed
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
    mapped = {"AdrId", *(tag for plan in plans if plan.link for tag in plan.link.content)}
    tags = [tag for tag, column in adr.columns.items() if tag in mapped or not column.nullable]
    rows = [plan.insert or {} for plan in plans]
    insert_rows(year, "Adr", [{tag: row.get(tag, "") for tag in tags} for row in rows])


def _update(
    year: SageYear,
    adr: SageTable,
    updates: Sequence[tuple[str, Row]],
    facts: Facts,
) -> None:
    """Update in one statement: what does not change in a row is written as it stands there."""
    tags = sorted({tag for _, row in updates for tag in row})
    columns = {tag: (adr.columns[tag].name, adr.codec(tag).put) for tag in tags}
    key = adr.columns["AdrId"].name
    rows = []
    for number, changed in updates:
        stands = facts.raw[number]
        values = {
            name: put(changed[tag]) if tag in changed else stands[tag]
            for tag, (name, put) in columns.items()
        }
        rows.append({key: adr.put("AdrId", number), **values})
    update_typed(year, "Adr", "AdrId", rows)


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
    rows = [{"PkKey": debtor, "WrnLk": lock} for debtor, lock in locks.items()]
    update_rows(year, "PKd", "PkKey", rows)


def _last_sent(link: Link) -> dict[str, str]:
    content = orjson.dumps(link.content, option=orjson.OPT_SORT_KEYS).decode()
    return {"content": content, "uid_number": link.uid}


def move_links(
    year: SageYear,
    numbers: Mapping[str, str],
    followed: Mapping[str, Sequence[str]],
) -> None:
    """Give each address without a link the one of a record that it follows, by the same number.

    The debtor account goes along. What was booked for the record before stays as it was booked.
    """
    for key, before in followed.items():
        links = year.numbers([key, *before])
        former = next((k for k in before if links.get(k) == numbers[key]), None)
        if key in links or former is None:
            continue
        _move(year, year.tables.link, former, key)
        _move(year, year.tables.debtor, former, key)


def _move(year: SageYear, table: Table, former: str, key: str) -> None:
    other = table.alias("other")
    there = exists().where(other.c.entity_key == key)
    own = (table.c.entity_key == former, ~there)
    year.connection.execute(update(table).where(*own).values(entity_key=key))
