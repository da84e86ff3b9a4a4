"""Microsoft's own T-SQL parser, ScriptDom, in this process, and its trees as plain objects.

Its packages are for tests alone (requirements.txt, on Linux x86-64). The runtime starts with the
first text that is parsed, in a second or two.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

LEVEL = 130
"""The compatibility level of SQL Server 2016, for which everything is written."""
PACKAGES = ("mssqlcli", "dotnetcore2", "pythonnet", "clr_loader")
_DLL = "mssqltoolsservice/bin/Microsoft.SqlServer.TransactSql.ScriptDom.dll"
_RUNTIME = {
    "runtimeOptions": {
        "tfm": "netcoreapp3.1",
        "framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"},
        "configProperties": {"System.Globalization.Invariant": True},  # else it looks for libicu
    }
}
_GO = re.compile(r"^[ \t]*GO[ \t]*;?[ \t]*$", re.IGNORECASE | re.MULTILINE)
_POSITION = {
    "StartOffset", "FragmentLength", "StartLine", "StartColumn", "FirstTokenIndex",
    "LastTokenIndex", "ScriptTokenStream",
    "BaseIdentifier", "SchemaIdentifier", "DatabaseIdentifier", "ServerIdentifier",
}  # fmt: skip
"""What tells only where a node stands, or says a name's parts once more."""
_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the parser has against a text."""

    number: int
    line: int
    words: str


@dataclass(slots=True)
class Node:
    """A part of a text, as the parser understands it."""

    kind: str
    """ScriptDom's name of its class."""
    line: int
    text: str
    """As it is written."""
    parts: dict[str, Any] = field(default_factory=dict)
    """ScriptDom's names to nodes, lists of nodes, texts, numbers, and names of an enumeration."""

    def __getitem__(self, name: str) -> Any:
        """Return a part that each node of the kind may have; None if this one has not."""
        return self.parts.get(name)

    def children(self) -> Iterator[Node]:
        """Yield the nodes directly below."""
        for part in self.parts.values():
            if isinstance(part, Node):
                yield part
            elif isinstance(part, list):
                yield from part

    def names(self) -> list[str]:
        """Return the parts of a name, in lower case."""
        parts: list[Node] = self["Identifiers"] or [self]
        return [str(part["Value"]).lower() for part in parts]

    def name(self) -> str:
        """Return a name with its parts put together."""
        return ".".join(self.names())

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, in the order of the text's structure."""
        yield self
        for child in self.children():
            yield from child.walk()


def missing() -> str | None:
    """Say why there is no parser here; None if there is one."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return "Microsoft's parser is installed for tests on Linux x86-64 only"
    absent = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if absent:
        return f"Microsoft's parser is not installed ({', '.join(absent)}): make judge"
    return None


def is_required() -> bool:
    """Tell whether its absence is a fault here: where changes are accepted."""
    return bool(os.environ.get("CI")) and (sys.platform, platform.machine()) == ("linux", "x86_64")


def batches(script: str) -> list[str]:
    """Cut a script at the lines that say GO, as sqlcmd and SSMS do."""
    return [batch for batch in _GO.split(script) if batch.strip()]


@cache
def parse(text: str) -> tuple[Node | None, tuple[Complaint, ...]]:
    """Return the tree of a batch, or what the parser has against it.

    It is read twice, with QUOTED_IDENTIFIER on and off: whether what stands between quotation
    marks is a name. The tree is the first one's.
    """
    tree, against = None, []
    for quoted in (True, False):
        script, errors = _parser(LEVEL, quoted=quoted).Parse(_reader()(text), None)
        against += [Complaint(e.Number, e.Line, str(e.Message)) for e in errors]
        tree = tree or script
    if against:
        return None, tuple(against)
    return _node(tree, text.encode("utf-16-le")), ()


def _node(fragment: Any, source: bytes) -> Node:
    node = Node(str(fragment.GetType().Name), fragment.StartLine, _text(fragment, source))
    for name in _properties(fragment.GetType()):
        told = getattr(fragment, name)
        if isinstance(told, _dom().TSqlFragment):
            node.parts[name] = _node(told, source)
        elif isinstance(told, str | int):
            node.parts[name] = told
        elif hasattr(told, "Count"):
            below = [_node(each, source) for each in told if isinstance(each, _dom().TSqlFragment)]
            node.parts[name] = below
        elif told is not None:
            node.parts[name] = str(told)  # a name of an enumeration
    return node


def _text(fragment: Any, source: bytes) -> str:
    """Cut the node's text out of UTF-16, in whose units the parser counts."""
    first = 2 * max(fragment.StartOffset, 0)
    return source[first : first + 2 * max(fragment.FragmentLength, 0)].decode("utf-16-le")


_KNOWN: dict[str, list[str]] = {}


def _properties(kind: Any) -> list[str]:
    """Return the names of a class's properties that say something of the text."""
    name = str(kind.FullName)
    if name not in _KNOWN:
        _KNOWN[name] = [
            str(each.Name)
            for each in kind.GetProperties()
            if not each.GetIndexParameters().Length and str(each.Name) not in _POSITION
        ]
    return _KNOWN[name]


@cache
def _dom() -> Any:
    """Start the runtime, and return ScriptDom's namespace."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump(_RUNTIME, config)
        config.flush()
        _start(config.name)
    import clr

    clr.AddReference(str(_folder("mssqlcli") / _DLL))
    from Microsoft.SqlServer.TransactSql import ScriptDom

    return ScriptDom


def _start(config: str) -> None:
    import pythonnet
    from clr_loader import get_coreclr

    mine = {each: signal.getsignal(each) for each in _SIGNALS}
    root = _folder("dotnetcore2") / "bin"
    pythonnet.set_runtime(get_coreclr(runtime_config=config, dotnet_root=str(root)))
    pythonnet.load()
    if threading.current_thread() is threading.main_thread():
        for each, action in mine.items():  # the runtime takes them for itself
            signal.signal(each, action)


@cache
def _reader() -> Any:
    _dom()
    from System.IO import StringReader

    return StringReader


@cache
def _parser(level: int, *, quoted: bool) -> Any:
    return getattr(_dom(), f"TSql{level}Parser")(quoted)


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None, package
    assert spec.submodule_search_locations, package
    return Path(spec.submodule_search_locations[0])
