"""Says which rights SQL Server asks for each statement with which the relay sets itself up.

After the section "Permissions" of Microsoft's page on each statement. CONTROL on the schema stands
for every right on it and on what lies in it (SELECT, ALTER, REFERENCES, the right to grant).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

OWN = "CONTROL ON SCHEMA::relay"
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_FROM = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([\w.\[\]]+)", re.IGNORECASE)
_FREE = ("sys.", "[sys].", "INFORMATION_SCHEMA.", "[INFORMATION_SCHEMA].")
"""Catalogues in which everybody sees what he has some right on."""
_TEXTS = re.compile(r"sys\.sql_modules|OBJECT_DEFINITION", re.IGNORECASE)

_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"SET |BEGIN TRANSACTION;?$|COMMIT|ROLLBACK|IF @@TRANCOUNT|EXEC sp_(get|release)applock", ()),
    (r"(BEGIN TRANSACTION;\s*)?IF SCHEMA_ID\(N'relay'\) IS NULL EXEC", ()),  # it is there by then
    (r"IF NOT EXISTS .* EXEC\(N'DROP SCHEMA relay'\)", (OWN,)),
    (r"CREATE TABLE relay\.", ("CREATE TABLE", OWN)),
    (r"CREATE (?P<kind>VIEW|PROCEDURE|FUNCTION|TYPE) relay\.", ("CREATE {kind}", OWN)),
    (r"CREATE (SEQUENCE|INDEX \S+ ON) relay\.|ALTER TABLE relay\.", (OWN,)),
    (r"DROP (TABLE|VIEW|PROCEDURE|FUNCTION|SEQUENCE|TYPE) (IF EXISTS )?relay\.", (OWN,)),
    (r"DROP INDEX \S+ ON relay\.", (OWN,)),
    (r"IF DATABASE_PRINCIPAL_ID\(.*? GRANT \w+ ON relay\.", (OWN,)),
    (r"(INSERT INTO|DELETE FROM|UPDATE) \[?relay\]?\.", (OWN,)),
    (r"(CREATE|DROP) TRIGGER ", ("ALTER ON CAPTURED",)),
)
"""How a statement begins, and what it needs; CAPTURED stands for the captured tables."""


def needed(statements: Iterable[str], captured: Iterable[str] = ()) -> set[str]:
    """Return all rights that the statements need, with the captured tables by their names."""
    found = {right for statement in statements for right in _of(statement)}
    tables = list(captured)
    return {
        right.replace("CAPTURED", table)
        for right in found
        for table in (tables if "CAPTURED" in right else [""])
    }


def _of(statement: str) -> Iterator[str]:
    plain = " ".join(_COMMENT.sub(" ", statement).split())
    for pattern, rights in _RULES:
        begin = re.match(pattern, plain, re.IGNORECASE)
        if begin:
            yield from (right.format(**begin.groupdict()) for right in rights)
            return
    assert re.match(r"SELECT |DECLARE ", plain, re.IGNORECASE), (
        f"nobody knows what it needs: {plain}"
    )
    if _TEXTS.search(plain):
        yield "VIEW DEFINITION ON CAPTURED"
    for table in _FROM.findall(plain):
        name = table.strip("()")
        if re.match(r"\[?relay\]?\.", name):
            yield OWN
        elif not name.startswith(_FREE):
            yield f"SELECT ON {name}"
