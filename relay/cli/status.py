"""Knows the commands that only ask: `status` and `show`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import click
from sqlalchemy.engine import Connection, Engine

from relay.admin import status as inquiry
from relay.admin.history import DeliveryHistory, EntryHistory, history
from relay.admin.lookup import invoices_of, records_called, records_numbered
from relay.admin.monitoring import findings, of_comparison
from relay.admin.naming import full_names
from relay.base import texts
from relay.base.errors import Exit, Refused
from relay.base.values import Entity, RecordId, Status
from relay.cli.frame import Caller, age, command, described, few
from relay.cli.options import as_json
from relay.cli.postings import journal
from relay.database.connecting import cobra_engine


@command("status")
@as_json
@click.option("--check", is_flag=True, help=described("status_check"))
@click.option("--max-lag", type=click.FloatRange(min=0), default=600, help=described("max_lag"))
def status(who: Caller, *, as_json: bool, check: bool, max_lag: float) -> None:
    """Ask the outbox; the relay need not run, and is not disturbed."""
    state, oldest = asked(who, cobra_engine(who.settings))
    if as_json:
        who.put_json(state)
    else:
        put_state(who, state, oldest)
    if check and (found := findings(state, max_lag)):
        for problem in found:
            click.echo(texts.of_problem(problem, who.language), err=True)
        raise click.exceptions.Exit(Exit.FINDINGS)


def asked(who: Caller, engine: Engine) -> tuple[inquiry.Situation, str]:
    """Return how things are, and how the record of the oldest open entry is called."""
    with inquiry.asking(engine) as connection:
        state = inquiry.state(connection, who.settings.sage.names)
        return state, _oldest_name(who, connection, state)


def _oldest_name(who: Caller, connection: Connection, state: inquiry.Situation) -> str:
    if state.oldest is None:
        return ""
    record = RecordId(state.oldest.entity, state.oldest.key)
    return full_names(connection, who.settings, [record], who.language)[record]


def put_state(who: Caller, state: inquiry.Situation, oldest: str) -> None:
    """Tell how things are."""
    who.say("cli_relay_runs" if state.running else "cli_relay_stopped", relay=state.relay)
    _put_lag(who, state, oldest)
    for pause in state.pauses:
        scope = who.text("cli_scope_all") if pause.scope == "*" else pause.scope
        who.say("cli_paused", scope=scope, who=pause.created_by, reason=pause.reason)
    _put_depth(who, state)
    if state.compared is not None:
        who.put("")
        who.say("cli_compared", **of_comparison(state.compared))
    _put_years(who, state)


def _put_lag(who: Caller, state: inquiry.Situation, oldest: str) -> None:
    if state.oldest is None:
        who.say("cli_no_lag")
        return
    who.say("cli_lag", age=age(state.lag_seconds), entry=state.oldest.id, record=oldest)


def _put_depth(who: Caller, state: inquiry.Situation) -> None:
    if not state.depth:
        return
    table = who.table("head_status", "head_of_records", "head_oldest")
    for name, depth in state.depth.items():
        shown = texts.status(name, who.language)
        table.add_row(shown, str(depth.records), age(depth.oldest_seconds))
    who.put("")
    who.put_table(table)


def _put_years(who: Caller, state: inquiry.Situation) -> None:
    table = who.table("head_year", "head_state", "head_since", "head_open", "head_text")
    for year in state.years:
        state_text = who.text(inquiry.YEAR_STATES.get(year.state, "year_unknown"))
        if year.paused:
            state_text = f"{state_text}, {who.text('year_paused')}"
        counts = [f"{texts.status(s, who.language)} {n}" for s, n in year.depth.items()]
        since = who.local(year.since)
        table.add_row(year.name, state_text, since, ", ".join(counts) or "0", year.text or "")
    who.put("")
    if not state.running and any(year.since is not None for year in state.years):
        who.say("cli_years_remembered")
    who.put_table(table)


@command("show")
@click.argument("key")
@as_json
def show(who: Caller, key: str, *, as_json: bool) -> None:
    """Tell a record's history, by its number, key in cobra, name, or the number of an entry."""
    with inquiry.asking(cobra_engine(who.settings)) as connection:
        numbered = records_numbered(connection, who.settings, key)
        entries = history(connection, key, numbered)
        called = [] if entries else records_called(connection, who.settings, key)
        if len(called) == 1:
            bought = invoices_of(connection, who.settings, called)
            entries = history(connection, called[0].key, [*called, *bought])
        records = list(dict.fromkeys(RecordId(entry.entity, entry.key) for entry in entries))
        names = full_names(connection, who.settings, records or called, who.language)
    if not entries and called:
        first = few(names.values(), len(called))
        raise Refused("cli_several_called", key=key, names=first)
    if not entries:
        raise Refused("cli_nothing_known", key=key)
    if as_json:
        who.put_json(entries)
        return
    record, repeated = None, dict[int, int]()
    for (current, carrier), some in groupby(
        entries, lambda one: (RecordId(one.entity, one.key), one.carrier)
    ):
        together = list(some)
        if record != (record := current):
            who.put(names[record])
            repeated = _repeated(entries, record)
        if carrier is not None:
            _put_carried(who, carrier, together)
        else:
            for entry in together:
                _put_entry(who, entry, repeated.get(entry.id))


def _repeated(entries: Sequence[EntryHistory], record: RecordId) -> dict[int, int]:
    """Return the entries of a record whose sentence a later one has too, and which that is."""
    said: dict[str, int] = {}
    found = {}
    for entry in reversed([e for e in entries if (e.entity, e.key) == record and e.text]):
        if said.setdefault(str(entry.text), entry.id) != entry.id:
            found[entry.id] = said[str(entry.text)]
    return found


def _put_carried(who: Caller, carrier: int, entries: Sequence[EntryHistory]) -> None:
    """Tell entries that ended with a later one: only what was changed, when and by whom."""
    who.put("")
    numbers = ", ".join(str(entry.id) for entry in entries)
    who.put("  " + who.text("show_carried", entries=numbers, carrier=carrier))
    for entry in entries:
        who.put(f"    {'; '.join(_change(who, entry))}")


def _change(who: Caller, entry: EntryHistory) -> list[str]:
    operation = who.text(f"operation_{entry.operation}")
    when = who.local(entry.created_at)
    lines = [who.text("show_changed", operation=operation, when=when, who=entry.created_by)]
    if entry.changed:
        names = entry.changed.split(",")
        fields = ", ".join(who.word(f"field_{name.replace('.', '_')}", name) for name in names)
        lines.append(who.text("show_fields", fields=fields))
    if entry.cause != "trigger":
        lines.append(who.text("show_cause", cause=who.word(f"cause_{entry.cause}", entry.cause)))
    return lines


def _put_entry(who: Caller, entry: EntryHistory, repeats: int | None) -> None:
    who.put("")
    shown = texts.status(entry.status, who.language)
    who.put("  " + who.text("show_entry", entry=entry.id, status=shown))
    lines = _change(who, entry)
    invoices = who.settings.invoices
    settle_s = 0 if invoices is None else invoices[0].settle_seconds
    if settle_s and (entry.status, entry.entity) == (Status.PENDING, Entity.INVOICE):
        lines.append(who.text("show_settles", seconds=settle_s))
    if entry.next_attempt_at is not None:
        upcoming = who.local(entry.next_attempt_at)
        lines.append(who.text("show_attempts", attempts=entry.attempts, next=upcoming))
    if entry.text and repeats is not None:
        lines.append(who.text("show_same", entry=repeats))
    elif entry.text:
        lines += entry.text.splitlines()
    if entry.finished_at is not None:
        ended = who.local(entry.finished_at)
        code = "show_finished" if entry.applied_by is not None else "show_ended"
        lines.append(who.text(code, when=ended, applied_by=entry.applied_by))
    for line in lines:
        who.put(f"    {line}")
    for delivery in entry.deliveries:
        _put_delivery(who, entry, delivery)


def _put_delivery(who: Caller, entry: EntryHistory, delivery: DeliveryHistory) -> None:
    shown = texts.status(delivery.status, who.language)
    head = who.text("show_delivery", year=delivery.year, status=shown)
    if delivery.sage_key:
        head = f"{head}, {who.text('show_sage_key', sage_key=delivery.sage_key)}"
    who.put(f"    {head}")
    lines = []
    if delivery.sent and "postings" in delivery.sent:
        lines += journal(who, delivery.sent)
    elif delivery.sent:
        sent = ", ".join(f"{tag} = {value or '∅'}" for tag, value in delivery.sent.items())
        lines.append(who.text("show_sent", sent=sent))
    lines += [who.text("show_warning", warning=warning) for warning in delivery.warnings]
    if delivery.text and delivery.text != entry.text:
        lines.append(delivery.text)
    for line in lines:
        who.put(f"      {line}")
