"""Knows the commands `adopt propose | apply | move`: pairs as a file, one in another's place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from relay.admin.adoption.deciding import DecidedLine, Mistake, check_move, decide, move
from relay.admin.adoption.matching import Proposal
from relay.admin.adoption.reading import propose
from relay.admin.read_only import looking
from relay.base import texts
from relay.base.errors import Exit, Refused
from relay.base.sheet import SheetLine, read_sheet, write_sheet
from relay.base.values import Person, Problem
from relay.cli.frame import Caller, Group, command, described
from relay.cli.options import FILE, reason
from relay.cobra.decisions import Verdict, decided_pairs
from relay.database.connecting import cobra_engine, opened
from relay.rules.address.facts import Row

COLUMNS = (
    "decision", "doubts", "years", "cobra_number", "sage_number", "cobra_name", "sage_name",
    "cobra_more", "sage_more", "cobra_street", "sage_street", "cobra_zip", "sage_zip",
    "cobra_city", "sage_city", "debtor", "debtor_address", "cobra_key", "mark",
)  # fmt: skip
MOST = 20
"""Keys that are named at once."""
WORDS = {
    Verdict.LINK: ("ja", "j", "yes", "y", "x", "1", "link"),
    Verdict.SEPARATE: ("nein", "n", "no", "0", "separate"),
}
"""What a person may write; nothing leaves it undecided."""


@click.group(cls=Group, help=described("adopt"))
def adopt() -> None:
    """Group the commands."""


@command("propose", adopt)
@click.option("--csv", "file", type=FILE, required=True, help=described("adopt_csv"))
@click.option("--decided", is_flag=True, help=described("adopt_decided"))
def propose_pairs(who: Caller, file: Path, *, decided: bool) -> None:
    """Write the pairs that a person has to decide."""
    settings = who.settings
    with looking(settings) as looked:
        proposed = propose(looked, settings)
        with looked.lock.reading() as connection:
            known = decided_pairs(connection, looked.lock.tables)
    pairs = [pair for pair in proposed.pairs if decided or pair.mark not in known]
    heads = [who.text(f"column_{name}") for name in COLUMNS]
    count = write_sheet(file, heads, (_row(who, pair, known) for pair in pairs))
    doubtful = sum(bool(pair.doubts) for pair in pairs)
    if count:
        who.say("adopt_proposed", count=count, doubtful=doubtful, file=file)
    else:
        who.say("adopt_nothing")
    if proposed.unread:
        keys = ", ".join(proposed.unread[:MOST])
        click.echo(who.text("adopt_unread", count=len(proposed.unread), keys=keys), err=True)
    for year, errors in proposed.misread.items():
        for error in errors[:MOST]:
            click.echo(f"{year}: {who.text(error.code, **error.values)}", err=True)
    if proposed.unread or proposed.misread:
        raise click.exceptions.Exit(Exit.FINDINGS)


def _row(who: Caller, pair: Proposal, known: dict[str, str]) -> list[object]:
    ours, theirs = pair.ours.state.row, pair.row
    decision = known.get(pair.mark)
    account = next(iter(pair.accounts.values()), None)
    cells: dict[str, object] = {
        "decision": "" if decision is None else who.text(f"adopt_{decision}"),
        "doubts": "; ".join(who.text(code) for code in pair.doubts),
        "years": ", ".join(dict.fromkeys([*pair.rows, *pair.accounts])),
        "cobra_number": pair.ours.state.number,
        "sage_number": pair.number,
        "debtor": pair.debtor,
        "debtor_address": None if account is None else account.address,
        "cobra_key": pair.ours.key,
        "mark": pair.mark,
    }
    for side, row in (("cobra", ours), ("sage", theirs)):
        cells |= {f"{side}_{name}": value for name, value in _shown(row).items()}
    return [cells[name] for name in COLUMNS]


def _shown(row: Row) -> dict[str, str]:
    return {
        "name": row.get("Corp", ""),
        "more": ", ".join(filter(None, (row.get("Line1"), row.get("Line2")))),
        "street": row.get("Road", ""),
        "zip": row.get("ACode", ""),
        "city": row.get("City", ""),
    }


@command("apply", adopt)
@click.argument("file", type=FILE)
@reason
def apply_decisions(who: Caller, file: Path, person: Person) -> None:
    """Take the decisions in: all that are right, in one transaction, or none."""
    settings = who.settings
    with looking(settings) as looked:
        decisions = _decisions(file)
        pairs = propose(looked, settings).pairs
    with opened(cobra_engine(settings), "cobra") as connection, connection.begin():
        done = decide(connection, person, decisions, pairs)
    who.say("adopt_applied", linked=done.linked, separate=done.separate, known=done.known)
    if done.changed:
        lines = ", ".join(map(str, done.changed))
        click.echo(who.text("adopt_changed", count=len(done.changed), lines=lines), err=True)
        raise click.exceptions.Exit(Exit.FINDINGS)


@command("move", adopt)
@click.argument("former")
@click.argument("key")
@reason
def move_link(who: Caller, former: str, key: str, person: Person) -> None:
    """Let an address take the place of one that cobra holds no more."""
    settings = who.settings
    with looking(settings) as looked:
        check_move(looked, settings, former, key)
    with opened(cobra_engine(settings), "cobra") as connection, connection.begin():
        move(connection, person, former, key)
    who.say("adopt_moved", former=former, key=key)


def _decisions(file: Path) -> list[DecidedLine]:
    """Read the file; raises `Mistake` with all that is wrong, each with its line."""
    lines = list(_named(read_sheet(file)))
    if not lines:
        raise Refused("adopt_no_lines", file=file)
    if not {"decision", "mark"} <= lines[0].cells.keys():
        needed = ", ".join(texts.text(f"column_{name}", "de") for name in ("decision", "mark"))
        raise Refused("adopt_no_columns", file=file, columns=needed)
    problems: list[Problem] = []
    decisions: list[DecidedLine] = []
    for line in lines:
        word = line.cells.get("decision", "")
        if not word:
            continue
        meant = next((d for d, words in WORDS.items() if word.casefold() in words), None)
        if meant is None:
            problems.append(Problem("adopt_unknown_word", {"line": line.number, "word": word}))
        elif not line.cells.get("mark"):
            problems.append(Problem("adopt_no_mark", {"line": line.number}))
        else:
            decisions.append(DecidedLine(line.number, line.cells["mark"], meant))
    if problems:
        raise Mistake(problems)
    return decisions


def _named(lines: Iterator[SheetLine]) -> Iterator[SheetLine]:
    """Give the cells our names, whichever language the heads are in."""
    names = {
        texts.text(f"column_{name}", language).casefold(): name
        for name in COLUMNS
        for language in texts.LANGUAGES
    }
    for line in lines:
        cells = {
            names[head.casefold()]: c for head, c in line.cells.items() if head.casefold() in names
        }
        yield SheetLine(line.number, cells)
