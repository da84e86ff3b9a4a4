"""Knows of each column of the relay's own tables whether it can hold data of a person. Pure.

A table or column that is not named here is found by a test, so that whoever adds one has to judge
it. In the tables' own words, since some belong to optional parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Judged(StrEnum):
    """What a column can hold."""

    NOTHING = "nothing"
    """No data of a person."""
    NUMBER = "number"
    """A key, a number or a hash: it names the record, and exactly once depends on it. It stays."""
    ACTOR = "actor"
    """Who of the company saved or decided. It stays as the proof of that."""
    CONTENT = "content"
    """What cobra or Sage say of the person, in a record of that person's. It is erased."""
    WORDS = "words"
    """A sentence in which the person may be named, also in another record's row. It is swept."""


Columns = Mapping[str, Judged]


def _columns(**by_kind: str) -> Columns:
    return {name: Judged(kind) for kind, names in by_kind.items() for name in names.split() if name}


COBRA: Mapping[str, Columns] = {
    "outbox": _columns(
        number="id uid entity_key waiting_on applied_by",
        nothing="entity operation changed cause created_at status attempts next_attempt_at"
        " error_code finished_at",
        actor="created_by",
        words="reason error",
    ),
    "delivery": _columns(
        number="outbox_id sage_key waiting_on",
        nothing="year status attempts error_code updated_at",
        content="sent",
        words="warnings error",
    ),
    "identity": _columns(
        nothing="id installation incarnation epoch server database_name fingerprint relay"
        " verified_at"
    ),
    "year": _columns(
        number="acked_id acked_uid",
        nothing="name server database_name generation state state_since error_code",
        words="error",
    ),
    "paused": _columns(nothing="scope created_at", actor="created_by", words="reason"),
    "audit": _columns(number="id", nothing="at action", actor="who", words="subject reason detail"),
    "route": _columns(number="entity_key", nothing="year chosen_at"),
    "decision": _columns(
        number="entity_key topic number debtor mark cobra seen",  # seen: fingerprints and numbers
        nothing="entity decision decided_at",
        actor="decided_by",
        words="reason",
    ),
    "mailed": _columns(number="id subject mark", nothing="role told_at", words="text"),
    "document": _columns(
        number="entity_key number customer_key sage_document open_item reversal entry debtor",
        nothing="kind mandant year invoice_date posted_on due_date currency currency_gross net tax"
        " gross version state stands reason_code updated_at open_amount open_currency paid"
        " due_in_sage last_payment settled_on reminder_level last_reminder blocked answered_in"
        " answered_at",
        content="customer_name reference text",
        words="reason",
    ),
    "document_position": _columns(
        number="entity_key",
        nothing="line article quantity unit_price account cost_centre tax_key net tax",
        content="text",
    ),
    "handed_over": _columns(number="entity_key number", nothing="at"),
    "sage_item": _columns(
        number="number debtor customer_key",
        nothing="year mandant item_date due_in_sage currency open_amount open_currency"
        " last_payment reminder_level last_reminder blocked answered_at",
        content="text",
    ),
    "customer": _columns(
        number="entity_key debtor number",
        nothing="mandant year account terms credit_limit reminder_lock balance overdue"
        " overdue_since open_items oldest_due last_payment last_reminder answered_at",
        content="name place",
    ),
    "difference": _columns(
        number="entity_key", nothing="year field answered_at", content="sent in_sage"
    ),
    "answer_year": _columns(
        nothing="year mandant first_day open_at customers_at settled_at stale_since"
    ),
    "page_user": _columns(
        number="id token_hash",
        nothing="role created_at expires_at revoked_at",
        actor="name created_by revoked_by",
    ),
    "measure": _columns(nothing="at minutes lag_seconds open_entries held moved"),
    "comparison": _columns(
        number="mark",  # the key up to which it has come
        nothing="night started_at finished_at records not_compared differences kinds years_missed",
    ),
    "source_version": _columns(nothing="version_num"),
    "own_write": _columns(nothing="process"),  # SQLite's: it lives within a transaction
}
"""The tables in cobra's database: of a person's rows, and of everybody's."""

SAGE: Mapping[str, Columns] = {
    "applied": _columns(number="uid outbox_id entity_key", nothing="year entity applied_at"),
    "link": _columns(
        number="entity_key number", nothing="linked_at updated_at", content="content uid_number"
    ),
    "debtor": _columns(number="entity_key number", nothing="linked_at"),
    "booking": _columns(
        number="entity_key document open_item address_key content reversal",  # content: a hash
        nothing="version booked_at reversed_at",
    ),
    "peer": _columns(
        nothing="id year installation incarnation epoch newest_id newest_uid generation"
    ),
    "target_version": _columns(nothing="version_num"),
}
"""The tables in each Sage year's database."""


def of_kind(columns: Columns, *kinds: Judged) -> list[str]:
    """Return the columns that are judged so."""
    return [name for name, judged in columns.items() if judged in kinds]
