"""What a rule has found."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.judge.parser import Node

LONGEST = 160


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that SQL Server refuses, or where it may do other than we mean."""

    rule: str
    """Its name, by which a planted offender proves it."""
    where: str
    line: int
    what: str
    """What is wrong, with the number of the server's error where there is one."""
    text: str = ""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.where}:{self.line} [{self.rule}] {self.what}: {self.text}"


@dataclass(slots=True)
class Findings:
    """Takes findings while a text is looked at."""

    where: str = ""
    found: list[Finding] = field(default_factory=list)

    def add(self, rule: str, node: Node, what: str) -> None:
        """Note a finding once."""
        text = " ".join(node.text.split())[:LONGEST]
        finding = Finding(rule, self.where, node.line, what, text)
        if finding not in self.found:
            self.found.append(finding)
