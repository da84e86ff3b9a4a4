"""Knows how `documents` tells what Sage answers: what is open, and how a customer stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from relay.base import texts
from relay.base.errors import Refused
from relay.cli.frame import Caller
from relay.cli.options import SheetFile
from relay.extras.answers.unpaid import customers, freshness, kind_words, unpaid
from relay.extras.documents.views import VIEWS

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Unpaid:
    """What is asked for; `overdue` for more days than so many."""

    customer: str | None
    overdue: int | None


def put_unpaid(
    who: Caller, connection: Connection, asked: Unpaid, sheet: SheetFile | None, *, as_json: bool
) -> None:
    """Tell what is not settled in Sage, and since when that was not known any more.

    Raises:
        Refused: the part is switched off.
    """
    if who.settings.answers is None:
        raise Refused("answers_off")
    limit = None if sheet is not None or as_json else SHOWN
    found = unpaid(connection, asked.customer, asked.overdue, limit)
    if as_json:
        who.put_json(found)
    elif sheet is not None:
        heads = {name: f"enquiry_column_{name}" for name in VIEWS["v_unpaid"]}
        count = sheet.put(
            who, heads, ({**row, "kind": kind_words(row, who.language)} for row in found)
        )
        who.say("cli_sheet_written", file=sheet.path, lines=count)
    else:
        _put(who, found)


def _put(who: Caller, found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        who.say("unpaid_none")
        return
    table = who.table("head_number", "head_date", "head_due", "head_overdue", "head_customer",
                      "head_open_amount", "head_amount", "head_reminder", "head_year")  # fmt: skip
    for name in (3, 5, 6):
        table.columns[name].justify = "right"
    for row in found:
        level = who.text("unpaid_blocked") if row["blocked"] else str(row["reminder_level"] or "")
        table.add_row(
            row["number"] or "-", _shown(who, row["invoice_date"]), _shown(who, row["due_date"]),
            str(row["days_overdue"] or ""), row["customer"] or row["customer_key"] or "-",
            _shown(who, row["open_amount"]), _shown(who, row["gross"]), level, row["year"] or "-",
        )  # fmt: skip
    who.put_table(table)
    if len(found) == SHOWN:
        who.say("documents_more", shown=SHOWN)
    for line in freshness(found, who.language):
        who.put(line)


def put_customers(who: Caller, connection: Connection, customer: str) -> None:
    """Tell how a customer stands in each mandant, if the part is switched on."""
    if who.settings.answers is None:
        return
    found = customers(connection, customer)
    for row in found:
        values = {name: _shown(who, row[name]) for name in ("balance", "overdue")}
        who.say(
            "customer_stands", customer=row["customer"], mandant=row["mandant"],
            debtor=row["debtor"], items=row["open_items"], **values,
        )  # fmt: skip
        if row["limit_reached"]:
            who.say("customer_limit", limit=row["credit_limit"])
        if row["reminder_lock"]:
            who.say("customer_lock")
    for line in freshness(found, who.language):
        who.put(line)


def _shown(who: Caller, value: object) -> str:
    return "" if value is None else texts.shown(value, who.language)
