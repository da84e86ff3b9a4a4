"""Knows what a finding is: what is the matter, how bad it is, and what a report of them says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from relay.base.values import Problem


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The relay cannot work like this, or would do harm."""
    WARNING = "warning"
    """It works, but something will go wrong or be missed."""
    INFO = "info"
    """Good to know; nothing has to be done."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found; `code` names the text, which says what to do about it."""

    code: str
    severity: Severity
    values: Mapping[str, object] = field(default_factory=dict)
    database: str = ""
    """Where it was found: `cobra`, `Sage MUSTER2026`; empty: in the configuration."""

    @property
    def problem(self) -> Problem:
        """Return it as what the catalogue has a text for."""
        return Problem(self.code, self.values)

    @property
    def counts(self) -> bool:
        """Tell whether a check has to report it; information alone leaves all in order."""
        return self.severity is not Severity.INFO


def error(code: str, /, **values: object) -> Finding:
    """Return what keeps the relay from working, or would do harm."""
    return Finding(code, Severity.ERROR, values)


def warning(code: str, /, **values: object) -> Finding:
    """Return what will go wrong, or be missed."""
    return Finding(code, Severity.WARNING, values)


def info(code: str, /, **values: object) -> Finding:
    """Return what is good to know."""
    return Finding(code, Severity.INFO, values)
