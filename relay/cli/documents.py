"""Knows the command `documents`: invoices as they stand in Sage, by customer, article, period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from sqlalchemy.engine import Connection

from relay.admin import status as inquiry
from relay.admin.recovery.opened import instead_of_relay
from relay.admin.repair import Repair
from relay.base import texts
from relay.base.errors import Exit, Refused, Unavailable, WrongCall
from relay.base.values import Entity, Person, RecordId
from relay.cli.frame import Caller, command, described
from relay.cli.options import SheetFile, as_json, in_a_file
from relay.cli.unpaid import Unpaid, put_customers, put_unpaid
from relay.cli.words import DAY
from relay.database.connecting import cobra_engine, opened
from relay.database.scripts import script_of
from relay.engine.service import sayer
from relay.extras.answers.copies import Copies
from relay.extras.documents import views
from relay.extras.documents.asking import STATES, FoundDocument, Search, find, paid_words
from relay.extras.documents.copies import copy
from relay.extras.documents.copying import begun
from relay.extras.documents.history import History

SHOWN = 200
"""Documents on a screen; a file holds all."""
HEADS = (
    "number", "kind", "invoice_date", "customer_key", "customer", "mandant", "year", "state",
    "currency", "currency_gross", "open_amount", "paid", "settled_on", "last_payment",
    "reminder_level", "reason", "line", "article", "text", "quantity", "unit_price",
    "account", "cost_centre", "tax_key", "net", "tax",
)  # fmt: skip


@command("documents")
@click.option("--customer", help=described("documents_customer"))
@click.option("--article", help=described("documents_article"))
@click.option("--number", help=described("documents_number"))
@click.option("--since", type=DAY, help=described("documents_since"))
@click.option("--until", type=DAY, help=described("documents_until"))
@click.option("--state", type=click.Choice(STATES), help=described("documents_state"))
@click.option("--year", help=described("documents_year"))
@click.option("--unpaid", is_flag=True, help=described("documents_unpaid"))
@click.option("--overdue", type=click.IntRange(min=0), help=described("documents_overdue"))
@in_a_file
@as_json
@click.option("--copy", "copying", is_flag=True, help=described("documents_copy"))
@click.option("--views", "as_sql", is_flag=True, help=described("documents_views"))
def documents(
    who: Caller,
    /,
    sheet: SheetFile | None,
    *,
    as_json: bool,
    as_sql: bool,
    copying: bool,
    **chosen: Any,
) -> None:
    """Look documents up in cobra's database; the relay need not run."""
    if who.settings.documents is None:
        raise Refused("documents_off")
    if copying:
        _copy(who)
        return
    with inquiry.asking(cobra_engine(who.settings)) as connection:
        if as_sql:
            statements = [statement for _, statement in views.render(connection, who.settings)]
            click.echo(script_of(connection.dialect.name, statements).encode(), nl=False)
            return
        overdue = chosen.pop("overdue")
        if chosen.pop("unpaid") or overdue is not None:
            asked = Unpaid(chosen["customer"], overdue)
            put_unpaid(who, connection, asked, sheet, as_json=as_json)
        else:
            _put_found(who, connection, Search(**_days(chosen)), sheet, as_json=as_json)


def _put_found(
    who: Caller, connection: Connection, wanted: Search, sheet: SheetFile | None, *, as_json: bool
) -> None:
    limit = None if sheet is not None or as_json else SHOWN
    found = find(connection, wanted, limit)
    names = who.settings.sage.names
    if not found and wanted.year not in {None, *names}:
        raise WrongCall("cli_year_unknown", year=wanted.year, known=", ".join(names))
    if sheet is not None:
        heads = {head: f"enquiry_column_{head}" for head in HEADS}
        count = sheet.put(who, heads, _lines(who, found))
        who.say("cli_sheet_written", file=sheet.path, lines=count)
    elif as_json:
        who.put_json([each.head | {"positions": each.positions} for each in found])
    else:
        if wanted.customer is not None:
            put_customers(who, connection, wanted.customer)
        _put(who, found)


def _copy(who: Caller) -> None:
    engine = cobra_engine(who.settings)
    with opened(engine, "cobra") as connection:
        today = datetime.now().astimezone().date()
        written, locked = copy(connection, who.settings, today)
        for done in Copies(who.settings, lambda: begun(connection)).pages():
            written, locked = written + done.written, locked + len(done.locked)
    who.say("documents_copied", rows=written)
    if locked:
        who.say("documents_copy_locked", rows=locked)


def record_history(who: Caller, person: Person) -> None:
    """Record the documents of what is booked already; the relay must be stopped.

    Raises:
        Refused: the part is off, or a relay works.
    """
    settings = who.settings
    if settings.documents is None:
        raise Refused("documents_off")
    with instead_of_relay(History, settings) as history:
        added = history.record(sayer(settings))
        with history.cobra.begin():
            Repair(history.cobra, person).audit("backfill", "documents", added)
        away = [name for name in settings.sage.names if name not in history.years]
    who.say("documents_recorded", documents=added)
    for (year, key), problem in history.misread.items():
        record = texts.record_name(RecordId(Entity.INVOICE, key), who.language)
        text = texts.of_problem(problem, who.language)
        click.echo(f"{year}, {record}: {text}", err=True)
    if away:
        raise Unavailable("documents_years_away", years=", ".join(away))
    if history.misread:
        raise click.exceptions.Exit(Exit.FINDINGS)


def _days(chosen: dict[str, Any]) -> dict[str, Any]:
    return {k: v.date() if isinstance(v, datetime) else v for k, v in chosen.items()}


def _put(who: Caller, found: list[FoundDocument]) -> None:
    if not found:
        who.say("documents_none")
        return
    table = who.table("head_number", "head_date", "head_customer", "head_amount", "head_status",
                      "head_text")  # fmt: skip
    for each in found:
        d = each.head
        amount = _amount(d["currency"], d["currency_gross"])
        state = ", ".join(
            filter(None, (who.text(f"enquiry_word_{d['state']}"), paid_words(d, who.language)))
        )
        cells = [d["number"] or d["entity_key"], texts.shown(d["invoice_date"], who.language),
                d["customer_name"] or d["customer_key"] or "-", amount or "-", state]  # fmt: skip
        table.add_row(*cells, d["reason"] or "")
        for p in each.positions:
            what = "  ".join(filter(None, (p["article"], p["text"])))
            net = _net(who, d, p["net"])
            table.add_row("", "", f"  {what}", net, "", _measure(p))
    who.put_table(table)
    if len(found) == SHOWN:
        who.say("documents_more", shown=SHOWN)


def _amount(currency: str | None, amount: Decimal | None) -> str:
    """Return an amount with its currency; only the amount where nobody knows it."""
    return "" if amount is None else " ".join(filter(None, (currency, texts.grouped(amount))))


def _net(who: Caller, head: Mapping[str, Any], net: Decimal | None) -> str:
    """Return what was booked of a position: in the year's currency, whatever the invoice's is."""
    is_own = head["gross"] in {None, head["currency_gross"]}
    if net is None or is_own:
        return _amount(head["currency"], net)
    return who.text("documents_booked", amount=net)


def _measure(position: dict[str, Any]) -> str:
    factors = (position[name] for name in ("quantity", "unit_price"))
    return " * ".join(f"{value.normalize():f}" for value in factors if value is not None)


def _lines(who: Caller, found: list[FoundDocument]) -> Iterator[dict[str, Any]]:
    """Return a line for each position, with the head of its document; one without has one too."""
    for each in found:
        words = {name: _word(who, each.head[name]) for name in ("kind", "state")}
        head = each.head | words | {"customer": each.head["customer_name"]}
        empty = dict.fromkeys(("net", "tax"))
        for position in each.positions or [empty]:
            row = head | position
            for name in ("quantity", "unit_price"):
                row[name] = None if row.get(name) is None else row[name].normalize()
            yield row


def _word(who: Caller, name: str | None) -> str:
    return "" if name is None else who.text(f"enquiry_word_{name.replace('-', '_')}")
