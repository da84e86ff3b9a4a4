"""Knows how addresses and their links are read from a Sage year, and written: set-based."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import orjson
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Unicode,
    bindparam,
    func,
    select,
)

from relay.base.numbers import is_whole
from relay.database import chunks
from relay.database.hints import PASSING, hinted
from relay.rules.address.check import Checked
from relay.rules.address.facts import Facts, Link, Row, likeness
from relay.rules.address.plan import Plan
from relay.rules.fitting import wrapped
from relay.sage.layout import SageTable
from relay.sage.year import SageYear


def read_facts(year: SageYear, keys: Sequence[str], numbers: Sequence[str]) -> Facts:
    """Read what this year holds about records with these keys and these wanted numbers."""
    adr = year.sage_table("Adr")
    facts = Facts(
        lengths={tag: adr.length(tag) for tag in adr.columns},
        narrow=frozenset(tag for tag in adr.columns if adr.is_narrow(tag)),
        numbers=adr.numbers(),
        numeric=adr.is_number("AdrId"),
    )
    _read_links(year, facts, keys, numbers)
    wanted = {*numbers, *(link.number for link in facts.links.values())}
    for some in chunks([_key(adr, number) for number in sorted(wanted) if _fits(adr, number)]):
        for row in year.connection.execute(year.addresses, {"numbers": some}).all():
            raw = dict(zip(adr.columns, row, strict=True))
            number = _text(raw["AdrId"])
            if number in facts.rows:
                facts.doubled.add(number)
            facts.rows[number] = {tag: _text(value) for tag, value in raw.items()}
            facts.raw[number] = raw
    return facts


def _read_links(
    year: SageYear,
    facts: Facts,
    keys: Sequence[str],
    numbers: Sequence[str],
) -> None:
    """Read the links of these records, and those that others have to these numbers."""
    none: Sequence[str] = ()
    for some, of_these in zip_longest(chunks(keys), chunks(numbers), fillvalue=none):
        listed = {"keys": some, "numbers": of_these}
        for key, number, content, uid in year.connection.execute(year.queries.links, listed).all():
            link = Link(key, number, orjson.loads(content), uid)
            facts.links[link.key] = link
            facts.owners[link.number] = link.key


def read_alike(year: SageYear, facts: Facts, new: Sequence[Checked]) -> None:
    """Read which addresses of Sage have the name or the UID of one of these new ones."""
    ln = year.tables.link
    for some in chunks(sorted({state.uid for state in new} - {""})):
        linked = select(ln.c.uid_number, ln.c.number).where(ln.c.uid_number.in_(some))
        facts.alike |= {(uid,): number for uid, number in year.connection.execute(linked)}
    adr = year.sage_table("Adr")
    tags = [tag for tag in ("AdrId", "Corp", "ACode", "Road") if tag in adr.columns]
    wanted = [wrapped(state.row, facts.lengths)[0] for state in new]
    names = sorted({row.get("Corp", "") for row in wanted} - {""})
    if "Corp" not in tags:
        return
    query = select(*(adr.columns[tag].label(tag) for tag in tags))
    # For a warning only: a row that somebody in Sage has open must keep nobody waiting.
    query = hinted(query, adr.table, PASSING)
    for some in chunks(names):
        listed = bindparam(None, list(some), type_=_Upper(), expanding=True, unique=True)
        alike = query.where(func.upper(adr.columns["Corp"]).in_(listed))
        for row in year.connection.execute(alike):
            told = {tag: _text(value) for tag, value in zip(tags, row, strict=True)}
            facts.alike[likeness(told)] = told["AdrId"]


class _Upper(Unicode):
    """A text that the database writes in capitals, by its own rules, before it compares."""

    def bind_expression(self, bindvalue: BindParameter[str]) -> ColumnElement[str]:
        """Put each value of a list into the database's own function."""
        return func.upper(bindvalue)


def read_open_items(year: SageYear, facts: Facts, numbers: Sequence[str]) -> None:
    """Read how many open items the debtors of these addresses have, where Sage counts them."""
    pkd = year.sage_table("PKd")
    if "NOp" not in pkd.columns:
        return
    found: dict[str, int] = {}
    for some in chunks([_key(pkd, number) for number in numbers if _fits(pkd, number)]):
        query = select(pkd.columns["AdrId"], pkd.columns["NOp"])
        for number, items in year.connection.execute(query.where(pkd.columns["AdrId"].in_(some))):
            told = _text(number)
            found[told] = found.get(told, 0) + int(items or 0)
    facts.open_items = found


def read_locks(year: SageYear, facts: Facts, numbers: Sequence[str]) -> None:
    """Read the reminder locks of the debtors of these addresses, and keep them from others."""
    pkd = year.sage_table("PKd")
    tags = ("AdrId", "PkKey", "WrnLk")
    query = year.for_update(select(*(pkd.columns[tag] for tag in tags)), pkd.table)
    found: dict[str, dict[int, int]] = {}
    for some in chunks([_key(pkd, number) for number in numbers if _fits(pkd, number)]):
        for number, debtor, lock in year.connection.execute(
            query.where(pkd.columns["AdrId"].in_(some))
        ):
            found.setdefault(_text(number), {})[int(debtor)] = int(lock or 0)
    facts.locks = found


def as_sage_writes(year: SageYear, number: str) -> str:
    """Return a number as Sage shows it: without leading zeros where it is a whole number."""
    if not is_whole(number) or not year.sage_table("Adr").is_number("AdrId"):
        return number
    return number.lstrip("0") or "0"


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
        told = plan.insert or {}
        row = {column.name: told.get(tag) or empty[tag] for tag, column in columns.items()}
        rows.append(row | {c.name: _value(c, told.get(tag, "")) for tag, c in numbers.items()})
    year.dialect.insert_rows(year.connection, adr.table, rows)


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
    year.dialect.update_rows(year.connection, adr.table, rows, by=[key])


def _write_links(year: SageYear, plans: Sequence[Plan]) -> None:
    ln = year.tables.link
    new = [p.link for p in plans if p.link is not None and p.is_new_link]
    known = [p.link for p in plans if p.link is not None and not p.is_new_link]
    year.dialect.insert_rows(
        year.connection,
        ln,
        [{"entity_key": k.key, "number": k.number, **_told(k)} for k in new],
        now=("linked_at", "updated_at"),
    )
    year.dialect.update_rows(
        year.connection,
        ln,
        [{"entity_key": k.key, **_told(k)} for k in known],
        by=("entity_key",),
        now=("updated_at",),
    )


def _write_locks(year: SageYear, locks: Mapping[int, int]) -> None:
    pkd = year.sage_table("PKd")
    key, lock = pkd.columns["PkKey"].name, pkd.columns["WrnLk"].name
    rows = [{key: pkd.put("PkKey", d), lock: pkd.put("WrnLk", n)} for d, n in locks.items()]
    year.dialect.update_rows(year.connection, pkd.table, rows, by=[key])


def _told(link: Link) -> dict[str, str]:
    content = orjson.dumps(link.content, option=orjson.OPT_SORT_KEYS).decode()
    return {"content": content, "uid_number": link.uid}


def _text(value: object) -> str:
    return "" if value is None else str(value).rstrip(" ")


def _fits(table: SageTable, number: str) -> bool:
    return bool(number) and (not table.is_number("AdrId") or is_whole(number))


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
