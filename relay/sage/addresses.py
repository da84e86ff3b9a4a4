"""Knows how a year's addresses and their links are read, and how plans of them are carried out.

Set-based. Also how the link of a record that cobra holds no more goes to the one that took its
place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import orjson
from sqlalchemy import Table, exists, select, update

from relay.database import chunks, rows_among
from relay.rules.address.check import Checked
from relay.rules.address.facts import LOCK_TAG, Facts, Link, Row, likeness
from relay.rules.address.plan import Plan
from relay.rules.fitting import wrapped
from relay.rules.invoice.books import whole
from relay.sage.books.rows import rows_with
from relay.sage.layout import SageTable
from relay.sage.port import Wanted
from relay.sage.writing import insert_rows, update_rows, update_typed
from relay.sage.year import SageYear


def read_facts(year: SageYear, wanted: Wanted) -> Facts:
    """Read what this year holds about the addresses of a batch, but for what people decided."""
    adr = year.sage_table("Adr")
    facts = Facts(
        lengths={tag: adr.length(tag) for tag in adr.columns},
        narrow=frozenset(tag for tag in adr.columns if adr.is_narrow(tag)),
        numbers=adr.numbers(),
        numeric=adr.is_number("AdrId"),
    )
    _read_links(year, facts, wanted)
    new = [state for key, state in wanted.new.items() if key not in facts.links]
    numbers = {*wanted.numbers, *(link.number for link in facts.links.values())}
    _read_rows(year, facts, numbers, _names(adr, facts, new))
    _read_same_uid(year, facts, new)
    if wanted.with_debtors:
        _read_debtors(year, facts, wanted)
    return facts


def _names(adr: SageTable, facts: Facts, new: Sequence[Checked]) -> list[str]:
    """Return the names of new addresses as Sage has them; there may be one alike."""
    if "Corp" not in adr.columns:
        return []
    rows = (wrapped(state.row, facts.lengths)[0] for state in new)
    return sorted({row.get("Corp", "") for row in rows} - {""})


def _read_rows(
    year: SageYear, facts: Facts, numbers: Collection[str], names: Sequence[str]
) -> None:
    """Read the addresses with these numbers, and which ones have these names."""
    adr = year.sage_table("Adr")
    fitting = adr.sought("AdrId", sorted(numbers))
    none: Sequence[Any] = ()
    for some, of_these in zip_longest(chunks(fitting), chunks(names), fillvalue=none):
        query = year.addresses_and_alike if of_these else year.addresses
        lists = {"numbers": some, "names": of_these} if of_these else {"numbers": some}
        for *values, by_number in year.connection.execute(query, lists).all():
            raw = dict(zip(adr.columns, values, strict=True))
            row = {tag: _text(value) for tag, value in raw.items()}
            number = row["AdrId"]
            if not by_number:
                facts.alike[likeness(row)] = number
                continue
            if number in facts.rows:
                facts.doubled.add(number)
            facts.rows[number], facts.raw[number] = row, raw


def _read_debtors(year: SageYear, facts: Facts, wanted: Wanted) -> None:
    """Read open items, and the reminder locks that are to be set, or were by us."""
    gone = [facts.links[key].number for key in wanted.gone if key in facts.links]
    if gone:
        _read_open_items(year, facts, gone)
    ours = [link.number for link in facts.links.values() if LOCK_TAG in link.content]
    to_lock = [facts.links[key].number for key in wanted.to_lock if key in facts.links]
    locks = [*to_lock, *ours]
    if locks:
        _read_locks(year, facts, locks)


def _read_links(year: SageYear, facts: Facts, wanted: Wanted) -> None:
    """Read the links of these records, and those that others have to these numbers."""
    none: Sequence[str] = ()
    for some, of_these in zip_longest(chunks(wanted.keys), chunks(wanted.numbers), fillvalue=none):
        listed = {"keys": some, "numbers": of_these}
        for key, number, content, uid in year.connection.execute(year.queries.links, listed).all():
            link = Link(key, number, orjson.loads(content), uid)
            facts.links[link.key] = link
            facts.owners[link.number] = link.key


def _read_same_uid(year: SageYear, facts: Facts, new: Sequence[Checked]) -> None:
    """Read which linked addresses have the UID of one of these new ones."""
    ln, uids = year.tables.link.c, sorted({state.uid for state in new} - {""})
    linked = rows_among(year.connection, select(ln.uid_number, ln.number), ln.uid_number, uids)
    facts.alike |= {(uid,): number for uid, number in linked}


def _read_open_items(year: SageYear, facts: Facts, numbers: Sequence[str]) -> None:
    """Read how many open items the debtors of these addresses have, where Sage counts them."""
    pkd = year.sage_table("PKd")
    if "NOp" not in pkd.columns:
        return
    found: dict[str, int] = {}
    query = pkd.query("PkKey", "AdrId", "NOp")
    for row in rows_with(year, pkd, query, "AdrId", numbers):
        address = _text(row["AdrId"])
        found[address] = found.get(address, 0) + int(str(row["NOp"] or 0))
    facts.open_items = found


def _read_locks(year: SageYear, facts: Facts, numbers: Sequence[str]) -> None:
    """Read the reminder locks of the debtors of these addresses, and keep them from others."""
    pkd = year.sage_table("PKd")
    query = pkd.query("PkKey", "AdrId", "WrnLk")
    query = year.for_update(query, pkd.table, pkd.columns["AdrId"])
    found: dict[str, dict[int, int]] = {}
    for row in rows_with(year, pkd, query, "AdrId", numbers):
        locks = found.setdefault(_text(row["AdrId"]), {})
        locks[whole(row, "PKd", "PkKey")] = int(str(row["WrnLk"] or 0))
    facts.locks = found


def _text(value: object) -> str:
    return "" if value is None else str(value).rstrip(" ")


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
        rows = [{"PkKey": debtor, "WrnLk": lock} for debtor, lock in locks.items()]
        update_rows(year, "PKd", "PkKey", rows)


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
