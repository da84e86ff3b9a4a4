"""Knows the command `doctor`, which tells what it found, how bad it is, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

import click

from relay.admin.doctor import Finding, Severity, examine, open_site
from relay.admin.prove.run import Proof, prove
from relay.base import texts
from relay.base.errors import Exit
from relay.cli.frame import Caller, command, described
from relay.cli.options import as_json

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


@command("doctor")
@as_json
@click.option("--prove", "proving", is_flag=True, help=described("prove"))
def doctor(who: Caller, *, as_json: bool, proving: bool) -> None:
    """Examine what can be reached; errors and warnings have an exit status of their own."""
    if proving:
        _prove(who, as_json=as_json)
        return
    with open_site(who.settings) as site:
        findings = list(examine(site))
    counts = Counter(finding.severity for finding in findings)
    if as_json:
        who.put_json(
            {
                "findings": [finding_as_json(who, finding) for finding in findings],
                **{f"{severity}s": counts[severity] for severity in Severity},
            }
        )
    else:
        _put(who, findings, counts)
    if any(finding.counts for finding in findings):
        raise click.exceptions.Exit(Exit.FINDINGS)


def _prove(who: Caller, *, as_json: bool) -> None:
    proof = prove(who.settings)
    if as_json:
        who.put_json(
            {
                "version": proof.version,
                "stand_in": proof.is_stand_in,
                "points": [
                    {"point": p.name, "expected": p.expected, "seen": p.seen, "holds": p.holds}
                    for p in proof.points
                ],
            }
        )
    else:
        _put_proof(who, proof)
    if proof.differing:
        raise click.exceptions.Exit(Exit.FINDINGS)


def _put_proof(who: Caller, proof: Proof) -> None:
    table = who.table("head_point", "head_expected", "head_seen", "head_holds")
    for point in proof.points:
        result = who.text("prove_holds" if point.holds else "prove_other")
        table.add_row(point.name, point.expected, point.seen, result)
    who.put_table(table)
    if proof.is_stand_in:
        who.say("prove_stand_in")
    points, differing = len(proof.points), len(proof.differing)
    if differing:
        who.say("prove_differs", differing=differing, points=points, version=proof.version)
    else:
        who.say("prove_all", points=points, version=proof.version)


def _put(who: Caller, findings: list[Finding], counts: Counter[Severity]) -> None:
    put_findings(who, findings)
    errors, warnings = counts[Severity.ERROR], counts[Severity.WARNING]
    hints = counts[Severity.INFO]
    if errors or warnings:
        who.say("doctor_found", errors=errors, warnings=warnings, hints=hints)
    else:
        who.say("doctor_well", hints=hints)


def put_findings(who: Caller, findings: Iterable[Finding]) -> None:
    """Print what was found, database by database; what has none is of the configuration."""
    for database, some in groupby(findings, lambda finding: finding.database):
        who.put(database or who.text("doctor_configuration"))
        for finding in some:
            severity = who.text(f"severity_{finding.severity}")
            sentence = texts.of_problem(finding.problem, who.language)
            shown = click.style(severity, fg=_COLOURS.get(finding.severity))
            click.echo(f"  {shown} {sentence} [{finding.code}]", color=who.console.is_terminal)
        who.put("")


def finding_as_json(who: Caller, finding: Finding) -> dict[str, object]:
    """Return what JSON says of a finding."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "database": finding.database or None,
        "text": texts.of_problem(finding.problem, who.language),
        "values": {name: _plain(value) for name, value in finding.values.items()},
    }


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float) else str(value)
