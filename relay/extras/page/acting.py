"""Knows what operators do on the page, confirmed and with a reason, and what people have done.

They act by the commands' own code; the audit tells all of it, or what concerns one record.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import select
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from relay.admin.naming import full_names
from relay.admin.repair import ALL_YEARS, Repair, repairing
from relay.admin.selection import EntrySelection
from relay.base import texts
from relay.base.errors import Refused, Unavailable
from relay.base.values import Entity, Person, RecordId
from relay.cobra.tables import source_tables
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit, linked

log = structlog.get_logger()
LONGEST_REASON = 1000
_NO_RIGHT = frozenset(["right_missing", "database_read_only"])
"""What the database says to a login that may only read."""

ON_RECORDS: dict[str, Callable[[Repair, EntrySelection], list[RecordId]]] = {
    "release": Repair.release,
    "skip": Repair.skip,
    "resend": Repair.resend,
}
ON_YEARS: dict[str, Callable[[Repair, str], None]] = {
    "pause": Repair.pause,
    "resume": Repair.resume,
}
"""What the page can do; pairing, reconciling and uninstalling are for the command line alone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to do, before it is done."""

    what: str
    record: RecordId | None
    scope: str

    @property
    def back(self) -> str:
        """Where its outcome is seen."""
        if self.record is None:
            return "/"
        return linked("/record", entity=self.record.entity, key=self.record.key)

    @property
    def shell(self) -> str:
        """The same as a command; it lacks the reason."""
        if self.record is not None:
            chosen = ["--key", f"{self.record.entity}:{self.record.key}"]
        else:
            chosen = ["--all"] if self.scope == ALL_YEARS else [self.scope]
        return shlex.join(["relay", self.what, *chosen, "--reason"]) + ' "…"'


def _deed(visit: Visit, ask: Callable[[str], str]) -> Wish:
    """Read what is wanted.

    Raises:
        HTTPException: it is nothing that the page does.
    """
    what, scope = ask("what"), ask("scope")
    if what in ON_RECORDS and ask("entity") in set(Entity) and ask("key"):
        return Wish(what, RecordId(ask("entity"), ask("key")), "")
    known = [ALL_YEARS, *(year.name for year in visit.desk.settings.sage.year)]
    if what in ON_YEARS and scope in known:
        return Wish(what, None, scope)
    raise HTTPException(400, "page_no_such_deed")


def confirm(visit: Visit, connection: Connection) -> Response:
    """Ask for the reason, and say what will happen."""
    deed = _deed(visit, visit.asked)
    return rendered(
        visit, "confirm", deed=deed, of=_name(visit, connection, deed), wrong=None, reason=""
    )


def _name(visit: Visit, connection: Connection, deed: Wish) -> str:
    if deed.record is not None:
        names = full_names(connection, visit.desk.settings, [deed.record], visit.language)
        return names[deed.record]
    return visit.text("cli_scope_all") if deed.scope == ALL_YEARS else deed.scope


def act(visit: Visit) -> Response:
    """Do it in one transaction with its audit, and show the outcome."""
    deed = _deed(visit, lambda name: visit.form.get(name, ""))
    reason = visit.form.get("reason", "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        with visit.desk.asking() as connection:
            of = _name(visit, connection, deed)
        wrong = visit.text("page_reason_missing", longest=LONGEST_REASON)
        return rendered(visit, "confirm", 422, deed=deed, of=of, wrong=wrong, reason=reason)
    who = visit.text("page_who", name="" if visit.user is None else visit.user.name)
    try:
        _do(visit, deed, Person(who, reason))
    except Unavailable as error:
        if error.code not in _NO_RIGHT:
            raise
        what = texts.of_error(error, visit.language)
        raise Refused("page_right_missing", what=what) from error
    log.info("page_acted", action=deed.what, who=who)
    return RedirectResponse(deed.back, status_code=303)


def _do(visit: Visit, deed: Wish, person: Person) -> None:
    with repairing(visit.desk.engine, person) as repair:
        if deed.record is None:
            ON_YEARS[deed.what](repair, deed.scope)
            return
        key = f"{deed.record.entity}:{deed.record.key}"
        if not ON_RECORDS[deed.what](repair, EntrySelection(keys=(key,))):
            raise Refused("page_nothing_to_do")


ON_A_PAGE = 100
LOOKED_AT = 5000
"""Actions among which those of one record are sought: the newest."""


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did."""

    id: int
    at: datetime
    who: str
    action: str
    subject: str
    reason: str
    records: tuple[str, ...]
    """Kind and key of each record that it concerned, if it names them."""


def audit(visit: Visit, connection: Connection) -> Response:
    """Show a page of them; `before` is the number of the last one that was seen."""
    before = visit.asked("before")
    given = int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else None  # noqa: PLR2004 - digits of a bigint
    found = _newest(connection, given, ON_A_PAGE + 1)
    more = found[ON_A_PAGE - 1].id if len(found) > ON_A_PAGE else None
    return rendered(visit, "audit", actions=found[:ON_A_PAGE], more=more)


def actions_on(connection: Connection, record: RecordId) -> list[Action]:
    """Return what people did to a record, oldest first."""
    named = f"{record.entity} {record.key}"
    found = _newest(connection, None, LOOKED_AT)
    return [one for one in reversed(found) if named in one.records]


def _newest(connection: Connection, before: int | None, most: int) -> list[Action]:
    a = source_tables(connection.dialect.name).audit
    query = select(a).order_by(a.c.id.desc()).limit(most)
    rows = connection.execute(query if before is None else query.where(a.c.id < before))
    return [_action(row) for row in rows]


def _action(row: Any) -> Action:
    detail = orjson.loads(row.detail) if row.detail else None
    records = tuple(map(str, detail)) if isinstance(detail, list) else ()
    return Action(
        row.id, row.at, row.who or "", row.action, row.subject or "", row.reason or "", records
    )
