"""Knows the commands after a restore, a move or a copy: `reconcile` and `pair`."""

from __future__ import annotations

import sys
from typing import TypeVar

import click

from relay.admin.recovery.opened import Opened, beside_relay, instead_of_relay
from relay.admin.recovery.pair import Pairing
from relay.admin.recovery.reconcile import Findings, Reconcile, YearFinding
from relay.base.errors import Exit, Refused, Unavailable, WrongCall
from relay.base.texts import of_problem
from relay.base.values import Person
from relay.cli.frame import Caller, command, described
from relay.cli.options import reason, yes

R = TypeVar("R", bound=Opened)


@command("reconcile")
@yes
@reason
def reconcile(who: Caller, person: Person, *, yes: bool) -> None:
    """Show what was found, ask, then queue the records and end the refusal."""
    with beside_relay(Reconcile, who.settings) as recovery:
        found = recovery.look()
    _put_findings(who, found)
    if all(year.problem is None for year in found.years):
        away = [year.year for year in found.years if year.away]
        if away:
            raise Unavailable("cli_reconcile_away", years=", ".join(away))
        who.say("cli_reconcile_nothing")
        return
    confirm(who, who.text("cli_reconcile_ask", records=found.records), yes=yes)
    recovering = instead_of_relay if found.cobra_restored else beside_relay
    with recovering(Reconcile, who.settings) as recovery:
        done = recovery.reconcile(person)
    who.say("cli_reconcile_done", records=done.records)
    if done.cobra_restored:
        who.say("cli_reconcile_start")


@command("pair")
@click.argument("years", nargs=-1)
@click.option("--cobra", type=click.Choice(["moved", "copied"]), help=described("pair_cobra"))
@yes
@reason
def pair(
    who: Caller, years: tuple[str, ...], cobra: str | None, person: Person, *, yes: bool
) -> None:
    """Accept cobra's database, or that of a year, where it is now."""
    known = who.settings.sage.names
    unknown = [name for name in years if name not in known]
    if unknown:
        raise Refused("cli_year_unknown", year=unknown[0], known=", ".join(known))
    if not years and cobra is None:
        raise WrongCall("cli_pair_nothing_chosen", known=", ".join(known))
    if cobra is not None:
        moved = cobra == "moved"
        question = who.text("cli_pair_moved_ask") if moved else who.text("cli_pair_copied_ask")
        confirm(who, question, yes=yes)
        with instead_of_relay(Pairing, who.settings) as recovery:
            accept = recovery.pair_moved_cobra if moved else recovery.pair_copied_cobra
            who.say("cli_pair_done", what="cobra", place=accept(person))
    for name in years:
        confirm(who, who.text("cli_pair_year_ask", year=name), yes=yes)
        with beside_relay(Pairing, who.settings) as recovery:
            done = recovery.pair_year(name, person)
        who.say("cli_pair_done", what=name, place=done.place)
        if done.records:
            who.say("cli_reconcile_done", records=done.records)


def _put_findings(who: Caller, found: Findings) -> None:
    table = who.table("head_year", "head_place", "head_text")
    for year in found.years:
        table.add_row(year.year, year.place or "-", _state_of(who, year))
    who.put_table(table)


def _state_of(who: Caller, year: YearFinding) -> str:
    if year.away:
        return who.text("year_state_away")
    if year.problem is None:
        return who.text("year_ready")
    return of_problem(year.problem, who.language)


def confirm(who: Caller, question: str, *, yes: bool) -> None:
    """Ask on a terminal; without one, `--yes` has to be said. What is no yes changes nothing."""
    if yes:
        return
    asked = sys.stdin.isatty()
    if asked:
        answer = click.prompt(
            f"{question} {who.text('cli_yes_or_no')}", default="", show_default=False
        )
        if answer.strip().casefold() in _YES:
            return
    else:
        who.put(question)
    who.say("cli_unchanged" if asked else "cli_say_yes")
    raise click.exceptions.Exit(Exit.REFUSED)


_YES = {"j", "ja", "y", "yes"}
