"""One word stands for one thing: a name says what it holds, not that somebody said it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import relay

PACKAGE = Path(relay.__file__).parent
SAYS_NOTHING = {"told", "data", "tmp", "helper", "utils"}
"""Names under which everything could stand."""


def names(tree: ast.AST) -> set[str]:
    """Return what a module calls its variables, parameters and functions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
    return found


@pytest.mark.parametrize("room", sorted(path.name for path in PACKAGE.iterdir() if path.is_dir()))
def test_names_say_what_they_hold(room: str) -> None:
    """No module of a room uses one of them."""
    for path in (PACKAGE / room).rglob("*.py"):
        used = names(ast.parse(path.read_text(encoding="utf-8")))
        assert not used & SAYS_NOTHING, path


def test_class_names_stand_once() -> None:
    """Who reads a class's name knows which one is meant, whatever room it comes from."""
    places: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(PACKAGE)))
    twice = {name: files for name, files in places.items() if len(files) > 1}
    assert twice == {}
