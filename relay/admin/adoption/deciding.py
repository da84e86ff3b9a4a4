"""Knows how a person's decisions are taken in: about proposals, all of them or none, and of a move.

They are kept in cobra in one transaction with the notices of the addresses that they concern;
the relay then links by its ordinary way, if Sage's record still stands as the person saw it.

An address that takes the place of one that cobra holds no more was entered again, or merged with a
duplicate. One decision does for all of it: the link in Sage goes over if the numbers are equal, and
invoices that now name the other address stay as they were booked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.admin.adoption.matching import Proposal
from relay.admin.read_only import Looked
from relay.admin.repair import Repair
from relay.base.errors import Refused, RelayError
from relay.base.values import Cause, Entity, Person, Problem, RecordId
from relay.cobra.decisions import DecidedPair, Verdict, decided_pairs, keep_move, keep_pairs
from relay.cobra.notices import reopen
from relay.cobra.reading import CobraReader
from relay.cobra.tables import source_tables
from relay.rules.address.facts import fingerprint, fingerprint_of
from relay.settings import Settings


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """What a person wrote in a line of the file."""

    line: int
    mark: str
    decision: str
    """`link` or `separate`."""


class Mistake(RelayError):
    """Lines of the file cannot be taken as they are; `problems` lists all, nothing was taken."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Take what is wrong, each with its line."""
        super().__init__("adopt_mistakes", count=len(problems))
        self.problems = problems


@dataclass(slots=True)
class Applied:
    """What became of the decisions."""

    linked: int = 0
    separate: int = 0
    known: int = 0
    """Decided so before."""
    changed: list[int] = field(default_factory=list)
    """Lines whose records have changed since they were proposed: refused."""


def decide(
    connection: Connection,
    operator: Person,
    decisions: Sequence[DecidedLine],
    proposals: Sequence[Proposal],
) -> Applied:
    """Keep decisions and queue the addresses that are to be linked, in the caller's transaction.

    Raises:
        Mistake: lines contradict each other, or link what cannot be linked.
    """
    pairs = {pair.mark: pair for pair in proposals}
    problems = _mistakes(decisions, pairs)
    if problems:
        raise Mistake(problems)
    known, done = decided_pairs(connection, source_tables(connection.dialect.name)), Applied()
    new: dict[str, str] = {}
    for one in decisions:
        if known.get(one.mark) == one.decision:
            done.known += 1
        elif one.mark in pairs:
            new[one.mark] = one.decision
        else:
            done.changed.append(one.line)
    done.linked = sum(decision == Verdict.LINK for decision in new.values())
    done.separate = len(new) - done.linked
    if new:
        _keep(connection, operator, [_kept(pairs[mark], Verdict(d)) for mark, d in new.items()])
    return done


def _keep(connection: Connection, operator: Person, pairs: Sequence[DecidedPair]) -> None:
    keep_pairs(connection, source_tables(connection.dialect.name), pairs, operator)
    repair = Repair(connection, operator)
    linked = [pair.key for pair in pairs if pair.verdict is Verdict.LINK]
    records = [RecordId(Entity.ADDRESS, key) for key in dict.fromkeys(linked)]
    repair.notice(records, Cause.ADOPT)
    repair.audit("adopt", f"{len(linked)} link, {len(pairs) - len(linked)} separate", len(pairs))


def _kept(pair: Proposal, verdict: Verdict) -> DecidedPair:
    return DecidedPair(
        key=pair.ours.key,
        verdict=verdict,
        number=pair.number,
        debtor=pair.debtor,
        mark=pair.mark,
        cobra=fingerprint_of(pair.ours.state),
        seen=_seen(pair),
    )


def _seen(pair: Proposal) -> Mapping[str, Mapping[str, str]]:
    years = dict.fromkeys([*pair.rows, *pair.accounts])
    return {
        year: {
            "address": fingerprint(pair.rows[year]) if year in pair.rows else "",
            "debtor_address": pair.accounts[year].address if year in pair.accounts else "",
        }
        for year in years
    }


def _mistakes(decisions: Sequence[DecidedLine], pairs: Mapping[str, Proposal]) -> list[Problem]:
    problems: list[Problem] = []
    decided: dict[str, DecidedLine] = {}
    linked: dict[tuple[str, str], int] = {}
    for one in decisions:
        before = decided.setdefault(one.mark, one)
        if before.decision != one.decision:
            problems.append(
                Problem("adopt_contradiction", {"line": one.line, "other": before.line})
            )
        pair = pairs.get(one.mark)
        if pair is None or one.decision != Verdict.LINK or before is not one:
            continue
        own, number = pair.ours.state.number, pair.number
        if not pair.has_own_number:
            problems.append(
                Problem("adopt_other_number", {"line": one.line, "number": number, "own": own})
            )
        elif "doubt_linked" in pair.doubts:
            problems.append(Problem("adopt_linked", {"line": one.line, "number": number}))
        for taken in (("ours", pair.ours.key), ("theirs", pair.number)):
            other = linked.setdefault(taken, one.line)
            if other != one.line and taken[1]:
                problems.append(Problem("adopt_twice", {"line": one.line, "other": other}))
    return problems


def check_move(looked: Looked, settings: Settings, former: str, key: str) -> None:
    """Look whether an address can take the place of a former one.

    Raises:
        Refused: `adopt_move_same`, `adopt_move_there` (cobra still holds the former one),
            `adopt_move_gone` (it does not hold the other one), `adopt_move_unknown` (no Sage year
            knows the former one), `adopt_years_missing` (one that cannot be read may).
    """
    if former == key:
        raise Refused("adopt_move_same", key=key)
    gone = CobraReader(looked.lock, settings).gone([former, key])
    if former not in gone:
        raise Refused("adopt_move_there", former=former)
    if key in gone:
        raise Refused("adopt_move_gone", key=key)
    for year in looked.years.here.values():
        ln, b = year.tables.link, year.tables.booking
        with year.transaction(0) as connection:
            linked = select(ln.c.number).where(ln.c.entity_key == former)
            booked = select(b.c.document).where(b.c.address_key == former)
            # One after the other: SQL Server's connection answers one query at a time.
            if any(connection.execute(query).first() is not None for query in (linked, booked)):
                return
    looked.years.require_all()
    raise Refused("adopt_move_unknown", former=former)


def move(connection: Connection, operator: Person, former: str, key: str) -> None:
    """Keep the decision, and let the relay look at both addresses and at held invoices anew."""
    tables = source_tables(connection.dialect.name)
    keep_move(connection, tables, former, key, operator)
    reopen(connection, tables.outbox, tables.outbox.c.error_code.in_(FOLLOWED))
    records = [RecordId(Entity.ADDRESS, key), RecordId(Entity.ADDRESS, former)]
    repair = Repair(connection, operator)
    repair.notice(records, Cause.ADOPT)
    repair.record("move", f"{former} -> {key}", records)


FOLLOWED = ("customer_changed", "corrects_other_customer")
"""Codes of invoices that name another customer than the one they were booked for."""
