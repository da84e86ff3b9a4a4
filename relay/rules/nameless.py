"""Knows how what became of an erased person's record is told without the person. Pure.

What Sage has to keep by law stays in Sage; what the relay keeps of the same record names numbers,
amounts and days, and a marker stands where a name or a text of the person would.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from relay.base.values import Outcome, Problem
from relay.rules.invoice.invoice import Invoice, State, Unbookable
from relay.rules.invoice.report import Report

_NAMING = ("customer_name", "reference", "text")
"""What a report says of a person beside numbers, amounts and days."""
_FREE = frozenset(["corp", "differences", "kept", "text", "what"])
"""Values of problems that are texts of Sage's or of the person's, whole or cut."""
_LEAST_DIGITS = 7
"""A phrase without a letter and with fewer digits may be an account or an amount as well."""


@dataclass(frozen=True, slots=True)
class Nameless:
    """Tells without some phrases, which stand for one person."""

    phrases: tuple[str, ...]
    marker: str

    @classmethod
    def of(cls, texts: Iterable[object], marker: str) -> Nameless:
        """Take what names the person: the longest phrase first."""
        phrases = {text.strip() for text in texts if isinstance(text, str) and _names(text)}
        return cls(tuple(sorted(phrases, key=len, reverse=True)), marker)

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return an outcome without the person: of what was sent the hash is left."""
        return replace(
            outcome,
            problem=outcome.problem and self._problem(outcome.problem),
            warnings=tuple(map(self._problem, outcome.warnings)),
            sent=outcome.sent and unreadable(outcome.sent),
            stands=outcome.stands and nameless_report(outcome.stands, self.marker),
            detail=None,
        )

    def state(self, state: State | None) -> State | None:
        """Return an invoice as cobra has it, without the person."""
        if isinstance(state, Invoice):
            reference, text = self._marked(state.reference), self._marked(state.text)
            lines = tuple(replace(line, text=self._marked(line.text)) for line in state.lines)
            customer = replace(state.customer, name=self.marker)
            return replace(state, reference=reference, text=text, lines=lines, customer=customer)
        if isinstance(state, Unbookable):
            return replace(
                state, customer=state.customer and replace(state.customer, name=self.marker)
            )
        return state

    def _marked(self, text: str) -> str:
        return self.marker if text else text

    def _problem(self, problem: Problem) -> Problem:
        values = {name: self._value(name, value) for name, value in problem.values.items()}
        return Problem(problem.code, values)

    def _value(self, name: str, value: object) -> object:
        if isinstance(value, Problem):
            return self._problem(value)
        if isinstance(value, tuple):
            return tuple(self._value(name, one) for one in value)
        if not isinstance(value, str):
            return value
        return self._marked(value) if name in _FREE else swept(value, self.phrases, self.marker)


def nameless_report(report: Report, marker: str) -> Report:
    """Return what is told of an invoice with a marker in place of names and texts."""
    found = {**report, **{name: marker for name in _NAMING if report.get(name)}}
    if positions := report.get("positions"):
        found["positions"] = [
            {**line, "text": marker} if line.get("text") else line for line in positions
        ]
    return found


def unreadable(sent: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what is kept of something that was sent: a hash, by which it can be recognised."""
    return erased(orjson.dumps(sent, default=str).decode())


def erased(text: str) -> Mapping[str, str]:
    """Return the same of a text."""
    return {"erased": hashlib.sha256(text.encode()).hexdigest()}


def swept(text: str, phrases: Iterable[str], marker: str) -> str:
    """Return a sentence without the phrases, which count as whole words alone."""
    for phrase in phrases:
        whole = rf"(?<!\w){re.escape(phrase)}(?!\w)"
        text = re.sub(whole, lambda _: marker, text, flags=re.IGNORECASE)
    return text


def _names(text: str) -> bool:
    """Tell whether a text may stand for a person."""
    return any(map(str.isalpha, text)) or sum(map(str.isdigit, text)) >= _LEAST_DIGITS
