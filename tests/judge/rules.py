"""Rules that the parser does not know, each on the tree of one batch.

Sources: Microsoft's documentation of the statement or hint, and the texts of the server's errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.judge.finding import Findings
from tests.judge.functions import SYNTAX, objection
from tests.judge.parser import Node

Rule = Callable[[Node, Findings], None]
MOST_PARAMETERS = 2100
CAPTURED = {"addresses", "invoices", "positions"}
"""Cobra's tables in the demo, which the tests' statements read."""
_CHANGES = {"InsertSpecification", "UpdateSpecification", "DeleteSpecification"}
_FORBIDDEN_BESIDE = {"Serializable", "HoldLock", "NoLock", "ReadUncommitted", "ReadCommitted"}
_CONDITIONAL = {
    "SearchedCaseExpression", "SimpleCaseExpression", "CoalesceExpression", "NullIfExpression",
    "IIfCall",
}  # fmt: skip
_CONDITIONAL_CALLS = {"isnull", "choose"}
_CLAUSES = {
    "TopRowFilter", "OverClause", "OutputClause", "OutputIntoClause", "WhereClause",
    "GroupByClause", "HavingClause", "OrderByClause",
}  # fmt: skip
_INSIDE = {
    "ScalarSubquery",
    "QueryDerivedTable",
    "CommonTableExpression",
    "CheckConstraintDefinition",
}


def functions(level: int) -> Rule:
    """Return the rule that each function is there on SQL Server 2016 at a compatibility level."""

    def rule(tree: Node, findings: Findings) -> None:
        for node in tree.walk():
            name = _called(node)
            told = None if name is None else objection(name, level)
            if told is not None:
                findings.add("function", node, told)

    return rule


def _called(node: Node) -> str | None:
    if node.kind == "FunctionCall":
        target = node["CallTarget"]
        is_own = target is not None and target.kind == "MultiPartIdentifierCallTarget"
        return None if is_own else str(node["FunctionName"].name())
    if node.kind == "GlobalFunctionTableReference":
        return str(node["Name"].name())
    if node.kind == "SchemaObjectFunctionTableReference":
        names = node["SchemaObject"].names()
        return names[0] if len(names) == 1 else None  # with a schema it is somebody's own
    return SYNTAX.get(node.kind)


def output(tree: Node, findings: Findings) -> None:
    """OUTPUT without INTO is refused on a table with a trigger (334), and others may have some."""
    for node in tree.walk():
        if node.kind in _CHANGES and node["OutputClause"] and _changes_foreign(node):
            findings.add(
                "output",
                node["OutputClause"],
                "OUTPUT without INTO on a table that may have triggers (334)",
            )


def readpast(tree: Node, findings: Findings) -> None:
    """READPAST: never on captured tables, and only where READ COMMITTED takes locks."""
    level = None
    for node in tree.walk():
        if node.kind == "SetTransactionIsolationLevelStatement":
            level = str(node["Level"])
        hints = {str(hint["HintKind"]) for hint in node["TableHints"] or ()}
        passing = hints & {"ReadPast", "NoLock", "ReadUncommitted"}
        if passing and node["SchemaObject"] and node["SchemaObject"].names()[-1] in CAPTURED:
            findings.add("readpast", node, "a row that is passed over looks deleted")
        if "ReadPast" not in hints:
            continue
        if not hints & {"ReadCommittedLock", "RepeatableRead"}:
            findings.add("readpast", node, "READPAST needs READCOMMITTEDLOCK under row versions")
        if hints & _FORBIDDEN_BESIDE or level in ("Serializable", "Snapshot", "ReadUncommitted"):
            findings.add(
                "readpast", node, "READPAST only under READ COMMITTED or REPEATABLE READ (650)"
            )


def next_value(tree: Node, findings: Findings) -> None:
    """NEXT VALUE FOR is refused in many places (11719 to 11741)."""
    for node, above in _with_ancestors(tree, ()):
        if node.kind == "SetRowCountStatement" and node.text.split()[-1].rstrip(";") != "0":
            findings.add("next-value", node, "no sequence may be used after SET ROWCOUNT (11739)")
        if node.kind != "NextValueForExpression":
            continue
        for one in above:
            told = _objection_to_number(one, node)
            if told is not None:
                findings.add("next-value", node, told)


def _objection_to_number(above: Node, node: Node) -> str | None:
    name = above.kind
    if name == "QuerySpecification":
        return _objection_to_query(above, node)
    if name in _CONDITIONAL or _called(above) in _CONDITIONAL_CALLS:
        return "NEXT VALUE FOR in a condition (11741)"
    if name in _CLAUSES:
        return "NEXT VALUE FOR in a clause that may not have it (11720)"
    if name in _INSIDE or name.endswith(("ViewStatement", "FunctionStatement")):
        return "NEXT VALUE FOR in a query within another, a view or a function (11719)"
    if name == "BinaryQueryExpression" and not above["All"]:
        return "NEXT VALUE FOR with UNION, EXCEPT or INTERSECT (11721)"
    return None


def _objection_to_query(query: Node, node: Node) -> str | None:
    if query["UniqueRowFilter"] == "Distinct":
        return "NEXT VALUE FOR with DISTINCT (11721)"
    if query["TopRowFilter"] or query["OffsetClause"]:
        return "NEXT VALUE FOR with TOP or OFFSET (11739)"
    if query["OrderByClause"] and node["OverClause"] is None:
        return "NEXT VALUE FOR with ORDER BY and without OVER (11723)"
    return None


def untyped_null(tree: Node, findings: Findings) -> None:
    """A list's column that is NULL in each row is an int, which no date and no GUID takes (206)."""
    for node in tree.walk():
        if node.kind != "InlineDerivedTable":
            continue
        rows = [row["ColumnValues"] for row in node["RowValues"]]
        for name, values in zip(node["Columns"], zip(*rows, strict=True), strict=True):
            if all(value.kind == "NullLiteral" for value in values):
                findings.add("untyped-null", name, "a list's column of nothing but NULL (206)")


def counted(tree: Node, findings: Findings) -> None:
    """What is written to a vendor's table is counted in the same batch.

    A trigger there without SET NOCOUNT tells its own counts first, and the driver the first one.
    """
    for batch in tree["Batches"] or ():
        pending: list[Node] = []
        for node in batch.walk():
            if node.kind in _CHANGES and _changes_foreign(node):
                pending.append(node)
            if node.kind == "GlobalVariableExpression" and "rowcount" in node.text.lower():
                pending.clear()
        for node in pending:
            findings.add("counted", node, "written to a vendor's table without a count")


def create_or_alter(tree: Node, findings: Findings) -> None:
    """CREATE OR ALTER came with the first service pack only."""
    for node in tree.walk():
        if node.kind.startswith("CreateOrAlter"):
            findings.add("create-or-alter", node, "needs SQL Server 2016 SP1")


EVERYWHERE: tuple[Rule, ...] = (output, readpast, next_value, untyped_null, create_or_alter)
"""The rules that hold for each text, whoever runs it."""


def _changes_foreign(change: Node) -> bool:
    """Tell whether a statement writes to a table that is not ours; FROM may have named it."""
    target, told = change["Target"], change["FromClause"]
    named = [each for each in told.walk() if each["Alias"]] if told is not None else []
    if target.kind == "NamedTableReference" and len(target["SchemaObject"].names()) == 1:
        alias = target["SchemaObject"].name()
        target = next((each for each in named if each["Alias"].name() == alias), target)
    return _is_foreign(target)


def _is_foreign(target: Node | None) -> bool:
    """Tell whether a table is neither ours nor temporary."""
    if target is None or target.kind != "NamedTableReference":
        return False
    names = target["SchemaObject"].names()
    if names[-1].startswith("#") or names[-1] in ("inserted", "deleted"):
        return False
    return len(names) < 2 or names[-2] not in ("relay", "sys")


def _with_ancestors(node: Node, above: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    yield node, above
    for child in node.children():
        yield from _with_ancestors(child, (*above, node))
