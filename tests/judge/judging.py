"""Judges texts one after the other, as a server would take them: parser, labels, rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tests.judge import rules
from tests.judge.catalogue import Catalogue
from tests.judge.finding import Finding, Findings
from tests.judge.functions import LOWEST_LEVEL
from tests.judge.labels import DATABASE
from tests.judge.parser import parse
from tests.judge.statements import Statements

ELSEWHERE = "Latin1_General_CI_AS"
"""Stands for a collation of a vendor's columns that is not their database's."""


@dataclass(frozen=True, slots=True)
class Text:
    """A batch that the product sends, or that a person runs."""

    where: str
    """For a person to find it."""
    sql: str
    parameters: int = 0
    """Values that are bound to it."""
    level: int = LOWEST_LEVEL
    """The compatibility level at which it has to run, as far as functions are concerned."""
    is_sent: bool = False
    """The relay sends it and looks at the count of what it wrote."""
    provokes: str = ""
    """The rule that it breaks on purpose, to show what a server then does."""
    is_vendors: bool = False
    """It makes tables that are not ours: their columns may have a collation of their own."""


def judge(texts: Iterable[Text], *, vendors: str = DATABASE) -> list[Finding]:
    """Return all findings; names may stand before what they name is created, as on a server.

    `vendors` is the collation of the columns of tables that are not ours.
    """
    told = list(texts)
    catalogue = Catalogue()
    _run(told, Findings(), catalogue, vendors)
    findings = Findings()
    catalogue.keys.clear()
    _run(told, findings, catalogue, vendors)
    for text in told:
        findings.where = text.where
        _rules(text, findings)
    return findings.found + catalogue.too_long()


def by_both(texts: Iterable[Text], without: Collection[str] = ()) -> list[Finding]:
    """Judge with the vendors' columns in their database's collation, and in another one.

    Rules in `without` are switched off.
    """
    told = list(texts)
    found = dict.fromkeys([*judge(told), *judge(told, vendors=ELSEWHERE)])
    return [each for each in found if each.rule not in without]


def _run(texts: list[Text], findings: Findings, catalogue: Catalogue, vendors: str) -> None:
    """Look at the labels of all texts, and fill the catalogue by what they create."""
    statements = Statements(findings, catalogue)
    for text in texts:
        findings.where = catalogue.where = text.where
        catalogue.collation = vendors if text.is_vendors else DATABASE
        tree, _ = parse(text.sql)
        if tree is not None:
            statements.batch(tree)


def _rules(text: Text, findings: Findings) -> None:
    tree, complaints = parse(text.sql)
    for each in complaints:
        told = Finding("parser", text.where, each.line, f"{each.words} ({each.number})")
        findings.found.append(told)
    if tree is None:
        return
    if text.parameters > rules.MOST_PARAMETERS:
        findings.add("parameters", tree, f"{text.parameters} parameters (8003)")
    own = Findings(text.where)
    for rule in (rules.functions(text.level), *rules.EVERYWHERE):
        rule(tree, own)
    if text.is_sent:
        rules.counted(tree, own)
    findings.found += [each for each in own.found if each.rule != text.provokes]
