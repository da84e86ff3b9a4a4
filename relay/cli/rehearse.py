"""Knows the command `rehearse`: what Sage says to records that are written and taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click

from relay.admin.doctor.site import Finding, Severity
from relay.admin.naming import names_of
from relay.admin.rehearsal.notes import Notes
from relay.admin.rehearsal.run import Rehearsal, Rehearsed, findings_of, rehearsing, sampled
from relay.base import texts
from relay.base.errors import Exit, WrongCall
from relay.base.values import RecordId, Status
from relay.cli.check import choose
from relay.cli.doctor import finding_as_json, put_findings
from relay.cli.frame import Caller, command, described
from relay.cli.options import as_json


@command("rehearse")
@click.argument("names", nargs=-1)
@click.option("--pending", is_flag=True, help=described("trial_pending"))
@click.option("--selected", is_flag=True, help=described("trial_selected"))
@click.option("--sample", type=click.IntRange(min=1), help=described("rehearse_sample"))
@as_json
def rehearse(
    who: Caller,
    names: tuple[str, ...],
    sample: int | None,
    *,
    pending: bool,
    selected: bool,
    as_json: bool,
) -> None:
    """Carry out, take back, and tell.

    A refusal, a difference or a year that nothing was tried in has an exit status of its own.
    """
    if not (names or pending or selected or sample):
        raise WrongCall("rehearsal_nothing_chosen")
    with rehearsing(who.settings) as rehearsal:
        looked, trial = rehearsal.looked, rehearsal.trial
        everything = not (names or pending or selected)
        chosen = choose(
            who, trial, names,
            pending=pending or everything, selected=selected or everything,
        )  # fmt: skip
        if everything and who.settings.invoices is not None:
            chosen += trial.since(who.settings.invoices[0].book_from)
        chosen = list(dict.fromkeys(chosen))
        tried = rehearsal.rehearse(chosen if sample is None else sampled(chosen, sample))
        with looked.lock.reading() as connection:
            called = names_of(connection, who.settings, [one.record for one in tried])
    findings = findings_of(tried, rehearsal.notes)
    if as_json:
        _put_json(who, rehearsal, tried, findings)
    else:
        _put(who, rehearsal, tried, findings, called)
    if findings or rehearsal.looked.years.missed:
        raise click.exceptions.Exit(Exit.FINDINGS)


def _put(
    who: Caller,
    rehearsal: Rehearsal,
    tried: Sequence[Rehearsed],
    findings: Sequence[Finding],
    called: Mapping[RecordId, str],
) -> None:
    for name, error in rehearsal.looked.years.missed.items():
        who.say("trial_year_missed", year=name, what=texts.of_error(error, who.language))
    _put_outcomes(who, tried, called)
    _put_rows(who, rehearsal.notes)
    put_findings(who, findings)
    if not any(seen.inserted or seen.updated for seen in rehearsal.notes.values()) and not findings:
        who.say("rehearsal_nothing_written")
    elif findings:
        counts = Counter(finding.severity for finding in findings)
        errors, warnings = counts[Severity.ERROR], counts[Severity.WARNING]
        who.say("rehearsal_found", errors=errors, warnings=warnings)
    else:
        who.say("rehearsal_well")
    who.say("rehearsal_nothing_left")


def _put_outcomes(who: Caller, tried: Sequence[Rehearsed], called: Mapping[RecordId, str]) -> None:
    """Tell how many records went which way, each with an example."""
    alike: dict[tuple[str | None, str, str], list[Rehearsed]] = {}
    for one in tried:
        group = (one.year, one.record.entity, _became(who, one))
        alike.setdefault(group, []).append(one)
    if not alike:
        who.say("trial_nothing_found")
        return
    table = who.table(
        "head_year", "head_record", "head_records", "head_what_became", "head_example"
    )
    for (year, entity, became), some in alike.items():
        record = some[0].record
        kind = who.text(f"record_{entity}", key="").strip()
        example = called.get(record) or record.key
        table.add_row(year or "-", kind, str(len(some)), became, example)
    who.put_table(table)


def _became(who: Caller, one: Rehearsed) -> str:
    if one.refusal is not None:
        return who.text("rehearsal_refused")
    if one.outcome.status is Status.APPLIED:
        return who.text("rehearsal_taken")
    status, problem = texts.status(one.outcome.status, who.language), one.outcome.problem
    return status if problem is None else f"{status} [{problem.code}]"


def _put_rows(who: Caller, notes: Mapping[str, Notes]) -> None:
    """Tell how many rows were written, table by table."""
    table = who.table("head_year", "head_table", "head_rows_new", "head_rows_changed")
    for year, seen in notes.items():
        for name in dict.fromkeys([*seen.inserted, *seen.updated]):
            table.add_row(year, name, str(seen.inserted[name]), str(seen.updated[name]))
    if table.row_count:
        who.put_table(table)


def _put_json(
    who: Caller, rehearsal: Rehearsal, tried: Sequence[Rehearsed], findings: Sequence[Finding]
) -> None:
    who.put_json(
        {
            "records": [_as_json(who, one) for one in tried],
            "rows": {
                year: {
                    name: {"inserted": seen.inserted[name], "updated": seen.updated[name]}
                    for name in dict.fromkeys([*seen.inserted, *seen.updated])
                }
                for year, seen in rehearsal.notes.items()
            },
            "findings": [finding_as_json(who, finding) for finding in findings],
            "missed": {
                name: texts.of_error(error, who.language)
                for name, error in rehearsal.looked.years.missed.items()
            },
        }
    )


def _as_json(who: Caller, one: Rehearsed) -> dict[str, Any]:
    problem, refusal = one.outcome.problem, one.refusal
    return {
        "entity": one.record.entity,
        "key": one.record.key,
        "year": one.year,
        "status": str(one.outcome.status),
        "code": None if problem is None else problem.code,
        "text": None if problem is None else texts.of_problem(problem, who.language),
        "refusal": None
        if refusal is None
        else {
            "kind": str(refusal.kind),
            "table": refusal.table,
            "column": refusal.column,
            "tag": refusal.tag,
            "rule": refusal.rule,
            "value": refusal.value,
            "message": refusal.words,
        },
    }
