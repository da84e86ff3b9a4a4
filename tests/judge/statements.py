"""Collation labels of whole texts, statement by statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from tests.judge.catalogue import Table
from tests.judge.expressions import Scope
from tests.judge.parser import Node
from tests.judge.queries import Queries, renamed


class Statements(Queries):
    """Looks at statements, and keeps what they create for those that follow."""

    def batch(self, script: Node) -> None:
        """Look at a batch."""
        for batch in script["Batches"]:
            for statement in batch["Statements"]:
                self.statement(statement)

    def statement(self, node: Node) -> None:
        """Look at a statement."""
        name = node.kind.removeprefix("CreateOrAlter").removeprefix("Create").removeprefix("Alter")
        known = self._STATEMENTS.get(node.kind) or self._STATEMENTS.get(name)
        if known is not None:
            known(self, node)
            return
        for child in node.children():
            if child.kind == "StatementList":
                self._list(child)
            elif child.kind.endswith("Statement") or child.kind == "BeginEndBlockStatement":
                self.statement(child)
            else:
                self.look(child, Scope())

    def _list(self, node: Node | None) -> None:
        for statement in node["Statements"] if node is not None else ():
            self.statement(statement)

    def _create_table(self, node: Node) -> None:
        self.catalogue.create(node["SchemaObjectName"].name(), node["Definition"])

    def _create_type(self, node: Node) -> None:
        self.catalogue.create_type(node["Name"].name(), node["Definition"])

    def _alter_table(self, node: Node) -> None:
        self.catalogue.change(node["SchemaObjectName"].name(), node["Definition"])

    def _alter_column(self, node: Node) -> None:
        table = self.catalogue.find(node["SchemaObjectName"].name())
        if table is not None and node["DataType"] is not None:
            self.catalogue.add_column(table, node)

    def _drop(self, node: Node) -> None:
        dropped = node["AlterTableDropTableElements"] or node["DropIndexClauses"] or ()
        told = [each["Name"] or each["Index"] for each in dropped]
        self.catalogue.drop(each.names()[-1] for each in told if each is not None)

    def _create_index(self, node: Node) -> None:
        self.catalogue.index(node)

    def _declare_table(self, node: Node) -> None:
        self.catalogue.create(
            str(node["Body"]["VariableName"]["Value"]).lower(), node["Body"]["Definition"]
        )

    def _view(self, node: Node) -> None:
        columns = self.query(node["SelectStatement"]["QueryExpression"], None)
        self.catalogue.create_view(
            node["SchemaObjectName"].name(), renamed(columns, node["Columns"])
        )

    def _module(self, node: Node) -> None:
        for parameter in node["Parameters"] or ():
            kind = parameter["DataType"]
            if kind.kind == "UserDataTypeReference" and kind["Name"].name() in self.catalogue.lists:
                listed = self.catalogue.lists[kind["Name"].name()]
                self.catalogue.tables[str(parameter["VariableName"]["Value"]).lower()] = listed
        returned = node["ReturnType"]
        if returned is not None and returned.kind == "SelectFunctionReturnType":
            columns = self.query(returned["SelectStatement"]["QueryExpression"], None)
            self.catalogue.create_view(node["Name"].name(), renamed(columns, None))
        self._list(node["StatementList"])

    def _trigger(self, node: Node) -> None:
        table = self.catalogue.find(node["TriggerObject"]["Name"].name()) or Table(None)
        for name in ("inserted", "deleted"):
            self.catalogue.tables[name] = table
        self._list(node["StatementList"])
        for name in ("inserted", "deleted"):
            del self.catalogue.tables[name]

    def _select(self, node: Node) -> None:
        with self._common(node):
            columns = self.query(node["QueryExpression"], None)
            if node["Into"] is not None:
                self.catalogue.create_view(node["Into"].name(), renamed(columns, None))

    def _insert(self, node: Node) -> None:
        told = node["InsertSpecification"]
        with self._common(node):
            self._target(told, Scope())
            source = told["InsertSource"]
            self.look(source["Select"] or source, Scope())

    def _update(self, node: Node) -> None:
        told = node["UpdateSpecification"] or node["DeleteSpecification"]
        with self._common(node):
            scope = Scope()
            self._target(told, scope)
            for clause in told["SetClauses"] or ():
                self.need(self.look(clause["NewValue"], scope), clause, "SET (457)")
            self.look(told["WhereClause"], scope)

    def _merge(self, node: Node) -> None:
        self.findings.add("merge", node, "nobody has looked at how MERGE behaves here")

    def _target(self, told: Node, scope: Scope) -> None:
        """Add the tables of FROM, and the one that is written, unless it is among them."""
        listed = told["FromClause"]["TableReferences"] if told["FromClause"] else ()
        for reference in listed:
            self.source(reference, None, scope)
        target = told["Target"]
        if target.kind != "NamedTableReference":
            return
        if target["SchemaObject"].names()[-1] not in [alias for alias, _ in scope.tables]:
            self.source(target, None, scope)

    @contextmanager
    def _common(self, node: Node) -> Iterator[None]:
        """Have the queries of WITH among the tables for one statement."""
        before = dict(self.catalogue.tables)
        with_ = node["WithCtesAndXmlNamespaces"]
        for each in with_["CommonTableExpressions"] if with_ is not None else ():
            columns = self.query(each["QueryExpression"], None)
            self.catalogue.create_view(
                each["ExpressionName"].name(), renamed(columns, each["Columns"])
            )
        yield
        if with_ is not None:
            self.catalogue.tables = before

    _STATEMENTS: ClassVar[dict[str, Callable[[Statements, Node], None]]] = {
        "CreateTableStatement": _create_table,
        "CreateTypeTableStatement": _create_type,
        "AlterTableAddTableElementStatement": _alter_table,
        "AlterTableAlterColumnStatement": _alter_column,
        "AlterTableDropTableElementStatement": _drop,
        "DropIndexStatement": _drop,
        "CreateIndexStatement": _create_index,
        "DeclareTableVariableStatement": _declare_table,
        "ViewStatement": _view,
        "ProcedureStatement": _module,
        "FunctionStatement": _module,
        "TriggerStatement": _trigger,
        "SelectStatement": _select,
        "InsertStatement": _insert,
        "UpdateStatement": _update,
        "DeleteStatement": _update,
        "MergeStatement": _merge,
    }
