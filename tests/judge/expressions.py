"""Collation labels of expressions and conditions, on the parser's tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from tests.judge.catalogue import Catalogue, Table, is_text
from tests.judge.finding import Findings
from tests.judge.functions import FUNCTIONS, Gives
from tests.judge.labels import (
    PLAIN,
    Label,
    combine,
    combined,
    explicit,
    is_doubtful,
    is_refused,
)
from tests.judge.parser import Node

Named = list[tuple[str | None, Label | None]]
"""The columns of a query: name, or None, and label."""


class Scope:
    """The tables that an expression may name, innermost first."""

    def __init__(self, outer: Scope | None = None) -> None:
        """Begin without tables; what is not found is looked for outside."""
        self.tables: list[tuple[str | None, Table]] = []
        self._outer = outer

    def find(self, parts: list[str]) -> tuple[Label | None] | None:
        """Return a column's label in a tuple; None if there is no such column."""
        *before, name = parts
        for alias, table in self.tables:
            if (not before or alias == before[-1]) and table.has(name):
                return (table.label(name),)
        return None if self._outer is None else self._outer.find(parts)


class Expressions:
    """Looks at expressions; notes where texts of two collations meet."""

    def __init__(self, findings: Findings, catalogue: Catalogue) -> None:
        """Take where findings go, and what is there."""
        self.findings = findings
        self.catalogue = catalogue

    def query(self, node: Node, outer: Scope | None) -> Named:
        """Look at a query and return its columns."""
        raise NotImplementedError

    def look(self, node: Node | None, scope: Scope) -> Label | None:
        """Look at an expression, a condition or a query, and return its label."""
        if node is None:
            return None
        if node.kind in _QUERIES:
            self.query(node, scope)
            return None
        known = self._KINDS.get(node.kind)
        label = (known or Expressions._below)(self, node, scope)
        collation = node["Collation"]
        return label if collation is None else explicit(collation["Value"])

    def each(self, nodes: Iterable[Node] | None, scope: Scope) -> list[Label | None]:
        """Look at several and return their labels."""
        return [self.look(node, scope) for node in nodes or ()]

    def need(self, label: Label | None, node: Node, what: str) -> None:
        """Note it if there is no collation, or none that is written down, for what needs one."""
        if is_refused(label):
            assert label is not None
            self.findings.add("collation", node, f"{what}: {label.collation}")
        elif is_doubtful(label):
            assert label is not None
            self.findings.add("unproven-label", node, f"{what}: {label.collation}")

    def _below(self, node: Node, scope: Scope) -> Label | None:
        for child in node.children():
            self.look(child, scope)
        return None

    def _literal(self, node: Node, scope: Scope) -> Label | None:
        return PLAIN

    def _column(self, node: Node, scope: Scope) -> Label | None:
        if node["MultiPartIdentifier"] is None:
            return None
        found = scope.find(node["MultiPartIdentifier"].names())
        if found is None:
            self.findings.add("unknown-name", node, "no table here is known to have it (207)")
            return None
        return found[0]

    def _variable(self, node: Node, scope: Scope) -> Label | None:
        return PLAIN

    def _parenthesis(self, node: Node, scope: Scope) -> Label | None:
        return self.look(node["Expression"], scope)

    def _plus(self, node: Node, scope: Scope) -> Label | None:
        first = self.look(node["FirstExpression"], scope)
        second = self.look(node["SecondExpression"], scope)
        if first is None or second is None:  # a number or a time: no text comes of it
            return None
        whole = combined(first, second)
        if not is_refused(first) and not is_refused(second):
            self.need(whole, node, "adding (451)")
        return whole

    def _converted(self, node: Node, scope: Scope) -> Label | None:
        label = self.look(node["Parameter"], scope)
        self.look(node["Style"], scope)
        return (label or PLAIN) if is_text(node["DataType"]) else None

    def _coalesce(self, node: Node, scope: Scope) -> Label | None:
        return combine(self.each(node["Expressions"], scope))

    def _null_if(self, node: Node, scope: Scope) -> Label | None:
        first = self.look(node["FirstExpression"], scope)
        self.need(combined(first, self.look(node["SecondExpression"], scope)), node, "NULLIF (468)")
        return first

    def _iif(self, node: Node, scope: Scope) -> Label | None:
        self.look(node["Predicate"], scope)
        return combine(self.each([node["ThenExpression"], node["ElseExpression"]], scope))

    def _case(self, node: Node, scope: Scope) -> Label | None:
        given = self.look(node["InputExpression"], scope)
        labels = [self.look(node["ElseExpression"], scope)]
        for when in node["WhenClauses"]:
            compared = combined(given, self.look(when["WhenExpression"], scope))
            self.need(compared, when, "CASE WHEN (468)")
            labels.append(self.look(when["ThenExpression"], scope))
        return combine(labels)

    def _subquery(self, node: Node, scope: Scope) -> Label | None:
        columns = self.query(node["QueryExpression"], scope)
        return columns[0][1] if columns else None

    def _function(self, node: Node, scope: Scope) -> Label | None:
        name = node["FunctionName"].name() if node["FunctionName"] else node.kind[:-12].lower()
        given = node["Parameters"] or []
        labels = self.each(given[1:] if name in _OF_A_PART else given, scope)
        self.look(node["CallTarget"], scope)
        self.look(node["OverClause"], scope)
        gives = FUNCTIONS[name].gives if name in FUNCTIONS else Gives.TEXT
        whole = combine(labels)
        if gives in (Gives.OPERANDS, Gives.NO_TEXT_OF_OPERANDS):
            self.need(whole, node, f"{name} (446)")
        return {
            Gives.OPERANDS: whole if name in ("max", "min") or whole else PLAIN,
            Gives.TEXT: PLAIN,
        }.get(gives)

    def _compared(self, node: Node, scope: Scope) -> Label | None:
        """Look at =, <>, LIKE, BETWEEN and IN (list)."""
        operands = [node[name] for name in _OPERANDS if node[name] is not None]
        values = node["Values"] or []
        if node["Subquery"] is not None:
            values = [*values, node["Subquery"]]
        labels = self.each(operands, scope)
        first, others = labels[0], labels[1:] + self.each(values, scope)
        for other in others:
            self.need(combined(first, other), node, f"{_WORDS[node.kind]} (468)")
        return None

    _KINDS: ClassVar[dict[str, Callable[[Expressions, Node, Scope], Label | None]]] = {
        "StringLiteral": _literal,
        "ColumnReferenceExpression": _column,
        "VariableReference": _variable,
        "GlobalVariableExpression": _variable,
        "ParenthesisExpression": _parenthesis,
        "BinaryExpression": _plus,
        "CastCall": _converted,
        "TryCastCall": _converted,
        "ConvertCall": _converted,
        "TryConvertCall": _converted,
        "CoalesceExpression": _coalesce,
        "NullIfExpression": _null_if,
        "IIfCall": _iif,
        "SimpleCaseExpression": _case,
        "SearchedCaseExpression": _case,
        "ScalarSubquery": _subquery,
        "FunctionCall": _function,
        "LeftFunctionCall": _function,
        "RightFunctionCall": _function,
        "BooleanComparisonExpression": _compared,
        "LikePredicate": _compared,
        "InPredicate": _compared,
        "BooleanTernaryExpression": _compared,
        "SubqueryComparisonPredicate": _compared,
    }


_OF_A_PART = {"dateadd", "datediff", "datediff_big", "datename", "datepart"}
"""Their first word names a part of a date."""
_QUERIES = {"QuerySpecification", "BinaryQueryExpression", "QueryParenthesisExpression"}
_OPERANDS = ("FirstExpression", "Expression", "SecondExpression", "ThirdExpression")
_WORDS = {
    "BooleanComparisonExpression": "comparison",
    "LikePredicate": "LIKE",
    "InPredicate": "IN",
    "BooleanTernaryExpression": "BETWEEN",
    "SubqueryComparisonPredicate": "comparison",
}
