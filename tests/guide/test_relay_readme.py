"""The page for who reads the code is true: each function is there, and called in its order."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from click.testing import CliRunner

import relay
from relay.cli import relay as command
from tests.world.databases import INVOICES, make_databases
from tests.world.desk import GERMAN, Desk
from tests.world.office import THIS, Office, position
from tests.world.servers import SqliteServer

PACKAGE = Path(relay.__file__).parent
PAGE = (PACKAGE / "README.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py):([\w.]+)`")


def path(name: str) -> list[tuple[str, str]]:
    """Return the first function of each line of one of the page's lists."""
    part = PAGE.split(f"<!-- path: {name} -->")[1].split("\n\n")[0]
    return [found[0] for line in part.splitlines() if (found := NAMED.findall(line))]


def functions(file: Path) -> set[str]:
    """Return the functions, classes and constants of a module, methods with their class."""
    found: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.ClassDef):
            inner = (one for one in node.body if isinstance(one, ast.FunctionDef))
            found |= {f"{node.name}.{one.name}" for one in inner}
    return found


@pytest.mark.parametrize("named", sorted(set(NAMED.findall(PAGE))), ids=":".join)
def test_each_named_function_is_there(named: tuple[str, str]) -> None:
    """A reader who goes there finds it."""
    file, name = named
    assert name in functions(PACKAGE / file)


def test_each_file_and_folder_of_the_table_is_there() -> None:
    """Where the next thing goes, something is already."""
    table = PAGE.split("## Where the next thing goes")[1].split("\n## ")[0]
    for place in re.findall(r"`(\w+/[\w/]*(?:\.py)?)`", table):
        folders = (PACKAGE, PACKAGE.parent)
        assert any((folder / place).exists() for folder in folders), place


def test_each_decision_is_in_the_index() -> None:
    """A page that nobody lists is a page that nobody reads."""
    folder = PACKAGE.parent / "ops" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in folder.glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", index)) == pages
    for page in pages:
        named = re.findall(r"`(relay/[\w/]+\.py)`", (folder / page).read_text(encoding="utf-8"))
        assert all((PACKAGE.parent / file).exists() for file in named), (page, named)


def calls(work: Callable[[], Any], wanted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Do some work; returns which wanted functions were called, as first called after the first."""
    places = {(str(PACKAGE / file), name): (file, name) for file, name in wanted}
    found: list[tuple[str, str]] = []

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            code = frame.f_code
            called = places.get((code.co_filename, code.co_qualname))
            begun = bool(found) or called == wanted[0]
            if called is not None and begun and called not in found:
                found.append(called)

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return found


@pytest.fixture
def office(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A company with one year, on SQLite: the way through the code is everywhere the same."""
    databases = make_databases(SqliteServer(tmp_path, tmp_path_factory.mktemp("templates")))
    years = databases.settings().model_dump(mode="json", exclude_none=True)["sage"]["year"]
    return Office(databases, sage={"year": [year for year in years if year["name"] == THIS]})


def test_a_record_goes_the_way_that_the_page_tells(office: Office) -> None:
    """A first invoice with its customer passes each function, in the page's order."""
    office.invoice(office.add())
    assert calls(office.drain, path("record")) == path("record")


def test_a_held_invoice_goes_the_way_that_the_page_tells(office: Office) -> None:
    """An account that is missing holds, its arrival in Sage lets go on."""

    def work() -> None:
        office.drain()
        office.write_sage(THIS, "Acc", AccId="9999", Text="Neu")
        office.recheck()
        office.drain()

    key = office.invoice(office.add(), position("100.00", account="9999"))
    # The plan is asked twice: the second time it books.
    assert sorted(calls(work, path("held"))) == sorted(path("held"))
    assert office.statuses(key)[-1] == "applied"


def test_a_waiting_invoice_goes_the_way_that_the_page_tells(office: Office) -> None:
    """Its customer's town is missing; what completes the address lets it go on."""

    def complete(reached: str) -> None:
        """While one relay works: a start would try again all that waits."""
        if reached == "acknowledged" and office.statuses(key)[-1] == "waiting":
            office.change(customer, CITY0="Bern")

    customer = office.add(CITY0=None)
    key = office.invoice(customer)
    assert calls(lambda: office.drain(complete), path("waiting")) == path("waiting")
    assert office.statuses(key)[-1] == "applied"


def test_status_goes_the_way_that_the_page_tells(office: Office, tmp_path: Path) -> None:
    """A question passes each function, in the page's order."""
    office.drain()
    desk = Desk(office.databases, tmp_path, **INVOICES)
    words = ["-c", str(desk.file), "status", "--check"]
    done = calls(lambda: CliRunner().invoke(command, words, env=GERMAN), path("status"))
    assert done == path("status")
