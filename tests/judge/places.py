"""Where the relay sends statements, as its source says: what has to be seen at work."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from relay.database.base import Dialect
from tests.judge.sent import ROOT, Place

_OF_DIALECT = {
    name
    for name, method in inspect.getmembers(Dialect, inspect.isfunction)
    if "connection" in inspect.signature(method).parameters and not name.startswith("_")
}
SENDING = {"execute", "exec_driver_sql", "executemany"} | _OF_DIALECT - {"lock", "place"}
"""Methods by which a statement goes out."""
OF_SQLITE = ("relay/database/sqlite/", "relay/database/rows.py", "relay/extras/demo/")
"""What speaks to files alone; the demo's company is one of files."""

OTHERWISE = {
    "relay/extras/documents/views.py": "rights: nobody has any on a file; `rendered` has the text",
    "relay/admin/prove/run.py": "only on a server; rights and migrations are judged as texts",
    "relay/admin/prove/script.py": "the same; it sends ops/host/prove.sql, a text of its own",
    "relay/admin/prove/sessions.py": "the same; besides it sends what other files send",
    "relay/database/sqlserver/capture.py": "asks a server's catalogue: no file has one",
    "relay/database/sqlserver/catalogue.py": "the same",
    "relay/database/sqlserver/counting.py": "the same; what it adds to a statement is mirrored",
    "relay/database/sqlserver/driver.py": "the same; it sends two texts when it connects",
    "relay/database/sqlserver/survey.py": "asks a server's catalogue: no file has one",
    "relay/database/scratch.py": "the same; SQLite has no server that makes databases",
}
"""Files with a call that is not made on files, and why it is judged all the same."""


def sending() -> Iterator[tuple[Place, int]]:
    """Yield file and first line of each call that sends a statement, and its last line."""
    for path in sorted((ROOT / "relay").rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        if file.startswith(OF_SQLITE) or file in OTHERWISE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _sends(node):
                yield (file, node.lineno), node.end_lineno or node.lineno


def silent(seen: set[Place]) -> list[str]:
    """Return the files of which no call was at work."""
    missed = set(unseen(seen))
    reached = {file for (file, line), _ in sending() if (file, line) not in missed}
    return sorted({file for file, _ in missed} - reached)


def _sends(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in SENDING and bool(call.args)


def unseen(seen: set[Place]) -> list[Place]:
    """Return the calls of which no line was at work."""
    return [
        (file, first)
        for (file, first), last in sending()
        if not any((file, line) in seen for line in range(first, last + 1))
    ]
