"""Knows how each kind of statement meets the rows of the outbox that others have open, and why.

Three kinds of people have rows open: clerks, whose saves write new entries, all `pending`, and stay
uncommitted as long as a form is open; operators, who release and skip `held` and `waiting` ones;
and the relay itself, which acknowledges in milliseconds. Without row versioning, SQL Server's
default, a statement waits for each locked row that it looks at, not only for those it wants; so a
statement that may wait looks at nothing but what it wants: it seeks. Every statement on the outbox
has one of these, also those in `sql/mssql`; SQLite's readers wait for nobody.

The price of a seek that is named: SQL Server refuses the statement (error 8622) rather than look
for another plan. So it needs a condition on those columns, and the index has to stay; tests look
at both.

An INSERT has none: it locks its own rows alone. What is UPDATEd or DELETEd by id was read before,
or in the statement itself, with one that keeps it (`KEPT`, `STUCK`, `TAKEN`, `AGAIN`, `ENDED`), so
that `WRITTEN` can pass over nothing of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Delete, FromClause, Select, Update

from relay.database.hints import PASSING, Hint, Locked, Seek, hinted

T = TypeVar("T", bound="Select[Any] | Update | Delete")

_BY_ID = Seek("pk_outbox", ("id",))
_BY_UID = Seek("uq_outbox_uid", ("uid",))
_BY_RECORD = Seek("ix_outbox_entity_entity_key_id", ("entity", "entity_key"))
_BY_STATUS = Seek("ix_outbox_status_id", ("status",))


@dataclass(frozen=True, slots=True)
class Access:
    """A kind of statement on the outbox."""

    hint: Hint
    reason: str

    def on(self, statement: T, outbox: FromClause) -> T:
        """Return the statement so that it meets the outbox (or an alias of it) like this."""
        return hinted(statement, outbox, self.hint)


POLLED = Access(
    PASSING,
    "The poll: an entry passed over comes later, and order does not depend on it, since the record"
    " itself is read afterwards.",
)
LISTED = Access(
    Hint(Locked.PASSED, _BY_RECORD),
    "The first listing of a batch's records, and whether an invoice rests: what is passed over is"
    " met by the second listing.",
)
LISTED_AGAIN = Access(
    Hint(Locked.AWAITED, _BY_RECORD),
    "The second listing, after the read: a notice of the record that is not committed yet must be"
    " waited for, or an older state would be acknowledged. By record, since it must not wait for"
    " anybody else's.",
)
TAKEN = Access(
    Hint(Locked.KEPT_OR_PASSED, _BY_ID),
    "The stuck entries of invoices that the relay takes in hand: one about which an operator is"
    " just deciding is left to the operator, the others are kept.",
)
SKIPPED = Access(
    Hint(Locked.AWAITED, _BY_STATUS),
    "The entries that were skipped, when a year is back: a skip that is about to be committed must"
    " be asked for in its ledger too. By status: clerks' new entries are pending ones.",
)
AGAIN = Access(
    Hint(Locked.KEPT, _BY_UID),
    "Skipped entries that a ledger has, before they are looked at again. By uid: their own rows"
    " alone.",
)
KEPT = Access(
    Hint(Locked.KEPT, _BY_ID),
    "The entries of an acknowledgement, before it writes: an operator's release or skip of one is"
    " waited for and left as it is, and then none can come in between.",
)
STUCK = Access(
    Hint(Locked.KEPT, _BY_STATUS),
    "Held and waiting entries that are to be released, skipped or reopened: one that is just being"
    " changed must not be missed. By status, since clerks' new entries are pending ones.",
)
ENDED = Access(
    Hint(Locked.KEPT_OR_PASSED),
    "The purge: what somebody reads or writes now is deleted the next time.",
)
WRITTEN = Access(
    PASSING,
    "What is written or deleted by its id was kept before (`relay.cobra.tables` gives the joined"
    " updates the same): only rows of others can be passed over,"
    " which a plan that does not seek would wait for. READPAST, since SQL Server takes no FORCESEEK"
    " for what it writes to.",
)
COUNTED = Access(
    PASSING,
    "Status, monitoring and the end of `drain`: a save that is not committed is no work yet. An"
    " entry that is being acknowledged at this moment is passed over too: it counts again, as what"
    " it then is, a few milliseconds later, and no alarm comes from a number that is too small.",
)
SHOWN = Access(
    PASSING,
    "Lists, histories, the journal, the enquiry, mail, the dry run and what uninstalling keeps in"
    " files: a person sees what is committed and is not kept waiting by who types. Uninstalling"
    " counts once more, waiting, before it removes anything.",
)
RESENT = Access(
    PASSING,
    "Which records to queue afresh: one whose entry is passed over is on its way already, as a save"
    " that is about to be committed or in the batch that is being acknowledged.",
)
CHOSEN = Access(
    Hint(Locked.AWAITED, _BY_ID),
    "The one entry that a person names: it must be found, and its own row alone is looked at.",
)
KNOWN = Access(
    Hint(Locked.AWAITED, _BY_UID),
    "Whether the handshake knows the newest ledgered entry: passed over, cobra would look restored."
    " By uid: its own row alone.",
)
DELIVERED = Access(
    Hint(Locked.AWAITED, _BY_ID),
    "What `reconcile` queues of entries that a year has got: none must be missed. By id: a clerk's"
    " new entry has no delivery.",
)
ALL = Access(
    Hint(Locked.AWAITED),
    "Whether the outbox still is as it was exported, when the triggers are gone and their tables'"
    " saves have ended: nobody is there to be waited for, and nothing may be missed.",
)
