"""`relay doctor --prove`: what only a SQL Server shows, in a database that is gone afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from relay.admin.prove import run, script, sessions
from relay.admin.prove.run import Proof
from relay.admin.prove.script import Point, asked
from relay.admin.rights import IN_COBRA
from relay.base.errors import Refused, RowCountError, Unavailable
from relay.cli import doctor
from relay.database import dialect_of, scratch
from relay.database.survey import DatabaseFacts, ServerFacts
from tests.world.databases import Databases, MssqlServer
from tests.world.desk import Desk

OPS = Path(__file__).parents[3] / "ops"
VERSION = "13.0.5026.0"
SERVER = make_url("mssql+pyodbc://sa@SERVER/cobra")
STAND_IN = {
    "escalation", "json_of_a_control_character", "list_without_a_value", "locks_of_a_mass_edit",
    "news_of_the_record_with_row_versions", "news_of_the_record_without_row_versions", "release",
    "restore_marker", "rights_installer", "rights_run", "save_with_merge",
    "save_with_output", "save_with_rowcount", "save_without_rights", "skip", "two_columns",
    "two_columns_in_a_union", "with_row_versions", "without_row_versions",
}  # fmt: skip
"""Points at which Babelfish may differ; it only stands in for SQL Server."""


@pytest.mark.timeout(900)  # half a second and more for each new connection to Babelfish
def test_server_is_asked(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every point is told; on SQLite there is none, and that is said."""
    desk = Desk(databases, tmp_path)
    made: list[str] = []
    # Whoever reads Babelfish's catalogue while a database is dropped fails: other tests.
    monkeypatch.setattr(scratch, "_drop", lambda _connection, name: made.append(name))
    server = databases.server
    if not isinstance(server, MssqlServer):
        result = desk.relay("doctor", "--prove", "--json")
        assert (result.exit_code, result.stdout, made) == (4, "", [])
        assert "kein SQL Server" in result.stderr
        return
    with server.session.creating:  # two who create at once fail there, too
        result = desk.relay("doctor", "--prove", "--json")
    server.session.created.extend(made)
    told = json.loads(result.stdout)
    assert {p["point"] for p in told["points"]} == set(_names())
    others = {p["point"]: p["seen"] for p in told["points"] if not p["holds"]}
    assert result.exit_code == (6 if others else 0)
    assert {n: s for n, s in others.items() if not (told["stand_in"] and n in STAND_IN)} == {}


def test_script_says_the_same_at_head_and_in_the_row() -> None:
    """Who runs the script by hand reads what the command reads; each point answers once."""
    parts = script.read_script().parts
    assert len({part.point.name for part in parts}) == len(parts) > 20
    for part in parts:
        told = f"N'{part.point.name}'(?: AS point)?, N'{re.escape(part.point.expected)}'"
        assert len(re.findall(told, "\n".join(part.batches))) == 1, part.point


def test_script_refuses_every_other_database() -> None:
    """Before anything is made, and so that SSMS goes on with nothing after it."""
    settings, guard, *_ = script.read_script().preparation
    assert settings.endswith("SET NOCOUNT ON;")
    assert "relay[_]prove[_]" in guard
    assert "SET NOEXEC ON" in guard


def test_each_point_is_explained() -> None:
    """What is not proved yet is listed by name, and nothing is listed that is not asked."""
    guide = (OPS / "unproven.md").read_text(encoding="utf-8")
    section = guide[guide.index("## What a server alone can show") :]
    section = section[: section.index("\n## ", 1)]
    told = re.findall(r"^\* (.+?): ", section, re.MULTILINE)
    listed = [name for line in told for name in re.findall(r"`(\w+)`", line)]
    ending = re.compile(r"(?<=.)_with(out)?_row_versions$")
    assert sorted(listed) == sorted({ending.sub("", name) for name in _names()})


def test_any_of_several_answers_will_do() -> None:
    """And the whole of what is expected, where it has the word in it."""
    assert Point("p", "1 or error 468", "error 468").holds
    assert Point("p", "1 or error 468", "1").holds
    assert not Point("p", "1 or error 468", "error 206").holds
    assert not Point("p", "1", "").holds


def test_an_error_is_an_answer() -> None:
    """None ends the others; what the driver says is told without secrets."""
    url = make_url("mssql+pyodbc://sa:Geheim-99@SERVER/cobra")

    def seen(error: BaseException) -> str:
        def fail() -> object:
            raise error

        return asked(url, "p", "done", fail).seen

    cause = Exception("42000", "[42000] wrong Geheim-99 (468) (SQLExecDirectW)")
    assert seen(DBAPIError("x", None, cause)).startswith("database_unusable: [42000] wrong ***")
    locked = DBAPIError("x", None, Exception("42000", "[42000] late (1222) (SQLExecDirectW)"))
    assert seen(locked) == "database_locked"
    assert seen(Unavailable("database_locked")) == "database_locked"
    assert "expected 1 rows" in seen(RowCountError("debtor", 1, -1))
    assert asked(url, "p", "done", lambda: None).holds


def test_result_is_told(databases: Databases, tmp_path: Path, monkeypatch: Any) -> None:
    """As a table with a sentence; the exit status is that of a check with findings."""
    desk = Desk(databases, tmp_path)
    points = (Point("save", "1", "1"), Point("[release]", "a", "[b]"))

    def told(*points: Point, stand_in: bool = False) -> tuple[int, str]:
        proof = Proof(VERSION, is_stand_in=stand_in, points=points)
        monkeypatch.setattr(doctor, "prove", lambda _: proof)
        result = desk.relay("doctor", "--prove")
        return result.exit_code, result.stdout

    exit_code, said = told(points[0])
    assert exit_code == 0
    assert f"Alle 1 Punkte sind wie erwartet (Server {VERSION})" in said
    assert "Babelfish" not in said
    exit_code, said = told(*points, stand_in=True)
    assert exit_code == 6
    assert "1 von 2 Punkten sind anders als erwartet" in said
    assert "Babelfish" in said
    assert re.search(r"\[release\] +a +\[b\] +anders", said)


class _Server:
    """What is sent to a server, and what it refuses."""

    def __init__(self, refused: dict[str, int]) -> None:
        self.refused = refused
        self.sent: list[str] = []
        self.engine = SimpleNamespace(url=SERVER)
        self.dialect = SimpleNamespace(name="mssql")

    def exec_driver_sql(self, statement: str) -> None:
        self.sent.append(statement.split("relay_prove_", maxsplit=1)[0])
        number = self.refused.get(self.sent[-1].split(" [")[0])
        if number:
            words = f"[42000] no ({number}) (SQLExecDirectW)"
            raise DBAPIError(statement, None, Exception("42000", words))


@pytest.fixture
def make_server(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a server in place of cobra's that refuses some statements."""

    def make(refused: dict[str, int], found: str | None = None) -> _Server:
        server = _Server(refused)

        @contextmanager
        def connected(*_args: object) -> Iterator[_Server]:
            yield server

        survey = SimpleNamespace(
            database=lambda _: DatabaseFacts(collation="Latin1_General_CI_AS"),
            server=lambda _: ServerFacts(VERSION, is_old=False),
        )
        mssql = dialect_of(SERVER)
        stands = SimpleNamespace(
            name="mssql",
            engine=lambda url, **_: url,
            place=lambda _: ("SERVER", found or "relay_prove_00c0ffee"),
            explain=mssql.explain,
            unavailable=mssql.unavailable,
        )
        monkeypatch.setattr("relay.database.scratch.dialect_of", lambda _: stands)
        monkeypatch.setattr(scratch, "without_transaction", connected)
        monkeypatch.setattr(scratch, "connect", connected)
        monkeypatch.setattr(scratch, "survey_of", lambda _: survey)
        monkeypatch.setattr(scratch, "quote", lambda _, name: f"[{name}]")
        monkeypatch.setattr("secrets.token_hex", lambda _: "00c0ffee")
        return server

    return make


def test_database_is_dropped_whatever_happens(make_server: Any) -> None:
    """It has cobra's collation; who is still in it is put out."""
    server = make_server({"DROP DATABASE": 3702})
    with pytest.raises(Unavailable, match="prove_left") as left:
        _interrupted()
    assert left.value.values["name"] == "relay_prove_00c0ffee"
    drop = "DROP DATABASE ["
    assert server.sent == ["CREATE DATABASE [", drop, "ALTER DATABASE [", drop]
    server = make_server({})
    with pytest.raises(KeyboardInterrupt):
        _interrupted()
    assert server.sent == ["CREATE DATABASE [", drop]


def _interrupted() -> None:
    with scratch.scratch_database(SERVER, run.PREFIX) as url:
        assert url.database == "relay_prove_00c0ffee"
        raise KeyboardInterrupt


def test_nothing_is_run_elsewhere(make_server: Any) -> None:
    """Without the right nothing is made; a URL that leads to cobra itself is refused."""
    server = make_server({"CREATE DATABASE": 262})
    with pytest.raises(Refused, match="prove_no_right"), scratch.scratch_database(SERVER, "x"):
        pass
    assert len(server.sent) == 1
    server = make_server({}, found="cobra")
    with (
        pytest.raises(Refused, match="prove_elsewhere"),
        scratch.scratch_database(SERVER, run.PREFIX),
    ):
        pytest.fail("the points would have been run in cobra's database")
    assert server.sent == ["CREATE DATABASE [", "DROP DATABASE ["]


def _names() -> Iterator[str]:
    yield from ("migrate_cobra", "migrate_sage", "triggers", "triggers_again")
    yield from (f"rights_{role}" for role in IN_COBRA)
    yield from (name for name, _, _ in sessions.ALONE)
    for ending in ("without_row_versions", "with_row_versions"):
        yield ending
        yield from (f"{name}_{ending}" for name, _, _ in sessions.BESIDE_A_CLERK)
    yield from (part.point.name for part in script.read_script().parts)
    yield from ("leave_sage", "leave_cobra")
