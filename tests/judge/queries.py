"""Collation labels of queries: what FROM offers, and what a query's columns then are."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from tests.judge.catalogue import Columns, Table, is_text
from tests.judge.expressions import Expressions, Named, Scope
from tests.judge.labels import (
    DATABASE,
    Label,
    Strength,
    as_column,
    as_listed,
    combined,
    explicit,
    implicit,
    is_refused,
)
from tests.judge.parser import Node

_WITHOUT_SCHEMA = (
    ("key", implicit("Latin1_General_BIN2")),
    ("value", Label(Strength.UNPROVEN, DATABASE)),
    ("type", None),
)
"""What OPENJSON gives that names no columns."""


class Queries(Expressions):
    """Looks at queries."""

    def query(self, node: Node, outer: Scope | None) -> Named:
        """Look at a query and return its columns."""
        if node.kind == "QueryParenthesisExpression":
            return self.query(node["QueryExpression"], outer)
        if node.kind == "BinaryQueryExpression":
            return self._united(node, outer)
        scope = Scope(outer)
        for reference in node["FromClause"]["TableReferences"] if node["FromClause"] else ():
            self.source(reference, outer, scope)
        columns = self._selected(node, scope)
        if node["UniqueRowFilter"] == "Distinct":
            for _, label in columns:
                self.need(label, node, "DISTINCT (451)")
        self.look(node["TopRowFilter"], scope)
        self.look(node["WhereClause"], scope)
        for group in (
            node["GroupByClause"]["GroupingSpecifications"] if node["GroupByClause"] else ()
        ):
            self.need(self.look(group["Expression"], scope), group, "GROUP BY (451)")
        self.look(node["HavingClause"], scope)
        self._ordered(node, scope, columns)
        return columns

    def source(self, node: Node, outside: Scope | None, scope: Scope) -> None:
        """Add what a FROM names to a scope; `outside` is what a query in it may name."""
        if node.kind in ("QualifiedJoin", "UnqualifiedJoin"):
            # APPLY names the tables before it.
            inside = scope if node.kind == "UnqualifiedJoin" else outside
            self.source(node["FirstTableReference"], inside, scope)
            self.source(node["SecondTableReference"], inside, scope)
            self.look(node["SearchCondition"], scope)
        elif node.kind == "JoinParenthesisTableReference":
            self.source(node["Join"], outside, scope)
        else:
            alias = node["Alias"].name() if node["Alias"] else None
            named = self._SOURCES.get(node.kind)
            if named is None:
                for child in node.children():
                    self.look(child, scope)
                scope.tables.append((alias, Table(None)))
            else:
                own, table = named(self, node, outside, scope)
                scope.tables.append((alias or own, table))

    def _united(self, node: Node, outer: Scope | None) -> Named:
        first = self.query(node["FirstQueryExpression"], outer)
        second = self.query(node["SecondQueryExpression"], outer)
        word = str(node["BinaryQueryExpressionType"]).upper()
        columns: Named = []
        for number, ((name, mine), (_, other)) in enumerate(zip(first, second, strict=False), 1):
            label = combined(mine, other)
            told = f"{word} column {number} {name or ''}".strip()
            self.need(label, node["SecondQueryExpression"], f"{told} (451)")
            columns.append((name, mine if is_refused(label) else label))  # told once
        return columns

    def _selected(self, node: Node, scope: Scope) -> Named:
        columns: Named = []
        for number, element in enumerate(node["SelectElements"] or (), 1):
            if element.kind == "SelectStarExpression":
                columns += _all_of(element, scope)
                continue
            label = self.look(element["Expression"], scope)
            self.need(label if is_refused(label) else None, element, f"column {number} (451)")
            columns.append((_name_of(element), label))
        return columns

    def _ordered(self, node: Node, scope: Scope, columns: Named) -> None:
        if node["OrderByClause"] is None:
            return
        within = Scope(scope)  # the query's own names come first
        within.tables.append((None, Table(_named(columns))))
        for element in node["OrderByClause"]["OrderByElements"]:
            self.need(self.look(element["Expression"], within), element, "ORDER BY (451)")

    def _table(self, node: Node, outside: Scope | None, scope: Scope) -> tuple[str, Table]:
        name = node["SchemaObject"].name()
        table = self.catalogue.find(name)
        if table is None:
            self.findings.add("unknown-name", node, "no such table is known (208)")
        return node["SchemaObject"].names()[-1], table or Table(None)

    def _derived(self, node: Node, outside: Scope | None, scope: Scope) -> tuple[None, Table]:
        columns = self.query(node["QueryExpression"], outside)
        return None, Table(renamed(columns, node["Columns"]))

    def _listed(self, node: Node, outside: Scope | None, scope: Scope) -> tuple[None, Table]:
        rows = [self.each(row["ColumnValues"], scope) for row in node["RowValues"]]
        labels = rows[0]
        for row in rows[1:]:
            labels = [combined(a, b) for a, b in zip(labels, row, strict=True)]
        named = {c.name(): as_listed(a) for c, a in zip(node["Columns"], labels, strict=True)}
        return None, Table(named)

    def _variable_table(self, node: Node, outside: Scope | None, scope: Scope) -> tuple[str, Table]:
        name = str(node["Variable"]["Name"]).lower()
        return name, self.catalogue.find(name) or Table(None)

    def _json(self, node: Node, outside: Scope | None, scope: Scope) -> tuple[str, Table]:
        self.look(node["Variable"], scope)
        items = [each["ColumnDefinition"] for each in node["SchemaDeclarationItems"] or ()]
        columns: Columns = {}
        for item in items:
            label = Label(Strength.UNPROVEN, DATABASE) if is_text(item["DataType"]) else None
            if label is not None and item["Collation"] is not None:
                label = implicit(explicit(item["Collation"]["Value"]).collation)
            columns[item["ColumnIdentifier"].name()] = label
        return "openjson", Table(columns or dict(_WITHOUT_SCHEMA))

    def _called(self, node: Node, outside: Scope | None, scope: Scope) -> tuple[str, Table]:
        self.each(node["Parameters"], scope)
        name = node["SchemaObject"].name()
        return node["SchemaObject"].names()[-1], self.catalogue.tables.get(name) or Table(None)

    _SOURCES: ClassVar[
        dict[str, Callable[[Queries, Node, Scope | None, Scope], tuple[str | None, Table]]]
    ] = {
        "NamedTableReference": _table,
        "QueryDerivedTable": _derived,
        "InlineDerivedTable": _listed,
        "VariableTableReference": _variable_table,
        "OpenJsonTableReference": _json,
        "SchemaObjectFunctionTableReference": _called,
    }


def renamed(columns: Named, names: list[Node] | None) -> Columns:
    """Return a query's columns as those of a table, under the names that were given to them."""
    told: list[str | None] = [each.name() for each in names or ()]
    told = told or [name for name, _ in columns]
    pairs = zip(told, columns, strict=False)
    return {name: as_column(label) for name, (_, label) in pairs if name is not None}


def _named(columns: Named) -> Columns:
    return {name: label for name, label in columns if name is not None}


def _name_of(element: Node) -> str | None:
    if element["ColumnName"] is not None:
        told = element["ColumnName"]
        return str((told["Identifier"] or told["ValueExpression"] or told)["Value"]).lower()
    expression = element["Expression"]
    if expression is None or expression.kind != "ColumnReferenceExpression":
        return None
    named = expression["MultiPartIdentifier"]
    return None if named is None else named.names()[-1]


def _all_of(star: Node, scope: Scope) -> Named:
    wanted = star["Qualifier"].names()[-1] if star["Qualifier"] else None
    return [
        each
        for alias, table in scope.tables
        if wanted is None or alias == wanted
        for each in (table.columns or {}).items()
    ]
