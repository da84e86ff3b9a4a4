"""Knows the command `check`: what would be written to chosen records, without writing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from relay.admin.dry_run import Trial
from relay.admin.foreseen import Foreseen, summary
from relay.admin.lookup import records_named
from relay.admin.meant import selected_records
from relay.admin.naming import names_of
from relay.admin.read_only import YearsLookedAt, looking
from relay.base import texts
from relay.base.errors import Refused, WrongCall
from relay.base.values import RecordId
from relay.cli.frame import Caller, command, described
from relay.cli.options import SheetFile, as_json, in_a_file
from relay.cli.postings import journal
from relay.cli.words import DAY

_HEADS = {
    "entity": "head_record", "key": "head_key", "name": "head_name",
    "year": "head_year", "deed": "head_deed",
    "status": "head_status", "number": "head_number", "field": "head_field",
    "before": "head_before", "after": "head_after", "document": "head_document",
    "date": "head_date", "account": "head_account", "side": "head_side",
    "amount": "head_amount", "tax_key": "head_vat", "note": "head_text",
}  # fmt: skip
"""What a line tells, to the head of its column in the file."""


def choose(
    who: Caller,
    trial: Trial,
    names: Sequence[str],
    *,
    pending: bool,
    selected: bool,
) -> list[RecordId]:
    """Return the records that are named, selected for Sage, open in the outbox, in this order.

    Raises:
        Refused: cobra has no record that bears a name.
    """
    chosen: list[RecordId] = []
    with trial.lock.reading() as connection:
        for name in names:
            found = records_named(connection, who.settings, name)
            if not found:
                raise Refused("trial_unknown", key=name)
            chosen += found
        if selected:
            chosen += selected_records(connection, who.settings)
    if pending:
        chosen += trial.pending()
    return chosen


@command("check")
@click.argument("names", nargs=-1)
@click.option("--pending", is_flag=True, help=described("trial_pending"))
@click.option("--since", type=DAY, help=described("trial_since"))
@click.option("--selected", is_flag=True, help=described("trial_selected"))
@in_a_file
@as_json
def check(
    who: Caller,
    names: tuple[str, ...],
    since: datetime | None,
    sheet: SheetFile | None,
    *,
    pending: bool,
    selected: bool,
    as_json: bool,
) -> None:
    """Plan as the relay would, and tell."""
    settings = who.settings
    if not (names or pending or selected or since):
        raise WrongCall("trial_nothing_chosen")
    with looking(settings) as looked:
        trial = Trial(looked, settings)
        chosen = choose(who, trial, names, pending=pending, selected=selected)
        if since is not None:
            chosen += trial.since(since.date())
        foreseen = trial.foresee(list(dict.fromkeys(chosen)))
        with looked.lock.reading() as connection:
            called = names_of(connection, settings, [one.record for one in foreseen])
        years = looked.years
    if as_json:
        who.put_json([_in_json(who, one, called.get(one.record)) for one in foreseen])
        return
    if sheet is not None:
        count = sheet.put(who, _HEADS, _in_words(who, foreseen, called))
        who.say("cli_sheet_written", file=sheet.path, lines=count)
    else:
        for one in foreseen:
            _put(who, one, called.get(one.record))
    _put_years(who, years)
    _put_summary(who, foreseen)


def _in_words(
    who: Caller, foreseen: Sequence[Foreseen], names: Mapping[RecordId, str]
) -> Iterator[dict[str, Any]]:
    """Return the lines of the file in the operator's words."""
    for line in (line for one in foreseen for line in _lines(who, one, names.get(one.record))):
        yield line | {
            "entity": who.text(f"record_{line['entity']}", key="").strip(),
            "deed": None if line["deed"] is None else _deed(who, line["deed"]),
            "status": texts.status(line["status"], who.language),
        }


def _put_years(who: Caller, years: YearsLookedAt) -> None:
    for name, error in years.missed.items():
        who.say("trial_year_missed", year=name, what=texts.of_error(error, who.language))


def _put_summary(who: Caller, foreseen: Sequence[Foreseen]) -> None:
    if not foreseen:
        who.say("trial_nothing_found")
        return
    table = who.table("head_year", "head_record", "head_deed", "head_records")
    for (year, entity, deed), count in summary(foreseen).items():
        table.add_row(
            year or "-", who.text(f"record_{entity}", key="").strip(), _deed(who, deed), str(count)
        )
    who.put_table(table)
    who.say("trial_nothing_written")


def _deed(who: Caller, deed: str) -> str:
    return who.word(f"deed_{deed}", texts.status(deed, who.language))


def _notes(who: Caller, one: Foreseen) -> list[str]:
    """Return what is wrong, then the warnings."""
    problems = [] if one.outcome.problem is None else [one.outcome.problem]
    return [
        texts.of_problem(problem, who.language) for problem in (*problems, *one.outcome.warnings)
    ]


def _put(who: Caller, one: Foreseen, name: str | None) -> None:
    problem, sent = one.outcome.problem, one.outcome.sent or {}
    about = (problem and problem.about) or name
    deed = one.outcome.status if one.deed is None else one.deed
    record = texts.record_name(one.record, who.language, about)
    who.say("trial_record", record=record, year=one.year or "-", deed=_deed(who, str(deed)))
    lines = _notes(who, one)
    if one.changes:
        lines.append(who.text("trial_address", number=one.number))
        lines += [
            f"  {c.tag:<6} {f'«{c.before}» → ' if c.before else ''}«{c.after}»" for c in one.changes
        ]
    if one.debtor is not None:
        code = "trial_debtor_opened" if one.opens_debtor else "trial_debtor_linked"
        lines.append(who.text(code, debtor=one.debtor))
    if "postings" in sent:
        lines += journal(who, sent)
    for line in lines:
        who.put(f"  {line}")


def _in_json(who: Caller, one: Foreseen, name: str | None) -> dict[str, Any]:
    """Return what JSON says of one record in one year."""
    problem = one.outcome.problem
    return {
        "entity": one.record.entity,
        "key": one.record.key,
        "year": one.year,
        "status": str(one.outcome.status),
        "deed": None if one.deed is None else str(one.deed),
        "number": one.number or one.outcome.sage_key or (name or "").partition(", ")[0] or None,
        "name": name,
        "changes": {c.tag: {"before": c.before, "after": c.after} for c in one.changes},
        "debtor": one.debtor,
        "opens_debtor": one.opens_debtor,
        "sent": one.outcome.sent,
        "code": None if problem is None else problem.code,
        "notes": _notes(who, one),
    }


def _lines(who: Caller, one: Foreseen, name: str | None) -> Iterator[dict[str, Any]]:
    """Return the lines of the file: one for the record, then its fields and its postings."""
    whole = _in_json(who, one, name)
    alike = {n: whole[n] for n in ("entity", "key", "name", "year", "deed", "status", "number")}
    yield alike | {"note": " ".join(whole["notes"])}
    for change in one.changes:
        yield alike | {"field": change.tag, "before": change.before, "after": change.after}
    sent = one.outcome.sent or {}
    for document in filter(None, (sent.get("reversal"), sent)):
        for posting in document.get("postings", ()):
            posted = {name: posting[name] for name in ("account", "side", "amount", "tax_key")}
            dated = {name: document[name] for name in ("document", "date")}
            yield alike | dated | posted | {"note": posting["text"]}
