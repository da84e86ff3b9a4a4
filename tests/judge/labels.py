"""Collation labels as Microsoft's documentation has them ("Collation precedence")."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

DATABASE = "the database's"
"""Stands for the collation of the database that a text runs in, whichever that is."""
TEMPDB = "tempdb's"
"""Of a column of a temporary table, unless it says another one."""


class Strength(Enum):
    """How an expression came to its collation."""

    DEFAULT = "coercible-default"
    """A variable, a literal, a function that makes a text of something else."""
    IMPLICIT = "implicit"
    """A column."""
    EXPLICIT = "explicit"
    """By COLLATE."""
    NONE = "no-collation"
    """Columns of two collations met: it may be no operand of what compares."""
    UNPROVEN = "unproven"
    """A column of a list (VALUES, OPENJSON), whose strength is written down nowhere."""


class Label(NamedTuple):
    """The collation of a text; None in its place: the expression is no text."""

    strength: Strength
    collation: str


PLAIN = Label(Strength.DEFAULT, DATABASE)


def implicit(collation: str) -> Label:
    """Return a column's label."""
    return Label(Strength.IMPLICIT, collation)


def explicit(name: str) -> Label:
    """Return what COLLATE gives."""
    return Label(Strength.EXPLICIT, DATABASE if name.lower() == "database_default" else name)


def combined(first: Label | None, second: Label | None) -> Label | None:
    """Return the label of an expression of two operands."""
    if first is None or second is None:
        return first or second
    for strength in (Strength.EXPLICIT, Strength.NONE):
        mine = [label for label in (first, second) if label.strength is strength]
        if mine:
            return _alike(mine)
    if Strength.UNPROVEN in (first.strength, second.strength):
        return _unproven(first, second)
    columns = [label for label in (first, second) if label.strength is Strength.IMPLICIT]
    return _alike(columns) if columns else PLAIN


def combine(labels: Iterable[Label | None]) -> Label | None:
    """Return the label of an expression of several operands."""
    whole: Label | None = None
    for label in labels:
        whole = combined(whole, label)
    return whole


def as_column(label: Label | None) -> Label | None:
    """Return the label of a view's or a query's column, which counts as a column."""
    if label is None or label.strength in (Strength.NONE, Strength.UNPROVEN):
        return label
    return implicit(label.collation)


def as_listed(label: Label | None) -> Label | None:
    """Return the label of a list's column."""
    if label is not None and label.strength in (Strength.DEFAULT, Strength.UNPROVEN):
        return Label(Strength.UNPROVEN, DATABASE)
    return as_column(label)


def _alike(labels: list[Label]) -> Label:
    first, last = labels[0], labels[-1]
    if first.collation.lower() == last.collation.lower():
        return first
    return Label(Strength.NONE, f"{first.collation} meets {last.collation}")


def _unproven(first: Label, second: Label) -> Label:
    """A list's column gives way, or is of the database's collation: only to others it matters."""
    other = second if first.strength is Strength.UNPROVEN else first
    if other.strength is Strength.IMPLICIT and other.collation != DATABASE:
        return Label(Strength.UNPROVEN, f"a list's column meets {other.collation}")
    return first if first.strength is Strength.UNPROVEN else second


def is_refused(label: Label | None) -> bool:
    """Tell whether the server has no collation to compare by."""
    return label is not None and label.strength is Strength.NONE


def is_doubtful(label: Label | None) -> bool:
    """Tell whether nothing that is written down says which collation it compares by."""
    return label is not None and label.strength is Strength.UNPROVEN and label.collation != DATABASE
