"""Knows how a Sage year forgets a person: the link's content always, the address where it may."""

from __future__ import annotations

from enum import StrEnum

import orjson
from sqlalchemy import select, update

from relay.rules.address.facts import ERASED_TAG, GONE_TAG, LOCK_TAG, LOST_TAG
from relay.rules.address.plan import LOCKED
from relay.sage.books.rows import read_rows
from relay.sage.writing import update_rows
from relay.sage.year import SageYear

_KEPT = (LOCK_TAG, LOST_TAG, GONE_TAG, ERASED_TAG)
_OF_NOBODY = {"AdrId", "Lang", "CCode"}
"""Tags that say nothing of the person alone, and that Sage may need."""


class Forgotten(StrEnum):
    """What became of a person's address in a Sage year."""

    UNKNOWN = "unknown"
    """It was never linked."""
    LOCKED = "locked"
    """Bookings need it, so it stays; its debtors are not reminded any more."""
    EMPTIED = "emptied"
    """What the relay wrote is gone."""


def forget_address(year: SageYear, key: str, marker: str, *, needed: bool) -> Forgotten:
    """Erase what the link says was sent, and empty or lock Sage's address.

    The caller has begun the transaction; `needed` says that bookings need the address by law.
    """
    ln = year.tables.link
    query = select(ln.c.number, ln.c.content).where(ln.c.entity_key == key)
    link = year.connection.execute(query).one_or_none()
    if link is None:
        return Forgotten.UNKNOWN
    content = orjson.loads(link.content)
    # Which tags were sent stays known: what is locked now can be emptied once the law permits.
    sent = (set(content) - set(_KEPT)) | set(content.get(ERASED_TAG, "").split())
    kept = {tag: content[tag] for tag in _KEPT if tag in content}
    kept[ERASED_TAG] = " ".join(sorted(sent))
    if needed:
        _lock(year, link.number)
    else:
        _empty(year, link.number, sent, marker)
    year.connection.execute(
        update(ln)
        .where(ln.c.entity_key == key)
        .values(content=orjson.dumps(kept).decode(), uid_number="")
    )
    return Forgotten.LOCKED if needed else Forgotten.EMPTIED


def forgotten_addresses(year: SageYear) -> dict[str, str]:
    """Return keys of the addresses that a year has forgotten to their numbers, in a transaction."""
    ln = year.tables.link
    query = select(ln.c.entity_key, ln.c.number, ln.c.content).where(
        ln.c.content.contains(f'"{ERASED_TAG}"')
    )
    return {
        row.entity_key: row.number
        for row in year.connection.execute(query)
        if ERASED_TAG in orjson.loads(row.content)
    }


def _lock(year: SageYear, number: str) -> None:
    rows = read_rows(year, "PKd", "AdrId", [number], lock=True)
    locks = [{"PkKey": row["PkKey"], "WrnLk": LOCKED} for row in rows if not row["WrnLk"]]
    update_rows(year, "PKd", "PkKey", locks)


def _empty(year: SageYear, number: str, sent: set[str], marker: str) -> None:
    """Empty the columns that were sent; the name says that it was erased.

    What Sage has in a column of numbers stays: it is no text about a person.
    """
    adr = year.sage_table("Adr")
    if not adr.fits("AdrId", number):
        return
    tags = {t for t in sent - _OF_NOBODY if t in adr.columns and not adr.is_number(t)}
    row = dict.fromkeys(tags, "") | ({"Corp": marker} if "Corp" in adr.columns else {})
    update_rows(year, "Adr", "AdrId", [{"AdrId": number, **row}])
