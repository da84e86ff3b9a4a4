"""No password is ever shown, wherever it is kept and whatever goes wrong."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

import pytest
import structlog
from click.testing import CliRunner
from sqlalchemy.engine import URL

import relay.database.sqlserver.dialect
import relay.database.sqlserver.driver
from relay import cli
from relay.cli import logs
from tests.cli.test_bad_input import COMMANDS, only_sqlite, status_of
from tests.world.company import World
from tests.world.databases import YEARS
from tests.world.desk import GERMAN, Desk

pytestmark = pytest.mark.usefixtures("run_ends")

SECRET = "gEheim-7%ü"
SERVER = "mssql+pyodbc://relay@COBRASRV/cobra"
LOGIN = URL.create("mssql+pyodbc", "relay", SECRET, "COBRASRV", database="cobra")
ODBC = f"DRIVER={{ODBC Driver 18}};SERVER=COBRASRV;UID=relay;PWD={SECRET};"


class Talkative:
    """An ODBC driver whose every message repeats how it was called, the password included."""

    paramstyle = "qmark"
    version = "5.0"
    Error = type("Error", (Exception,), {})
    ProgrammingError = OperationalError = InterfaceError = type("Never", (Error,), {})
    Cursor = Connection = object

    def __init__(self, state: str, words: str) -> None:
        """Take SQLSTATE and words of the error that it always raises."""
        self._told = (state, words)

    def drivers(self) -> list[str]:
        """Name the driver that is installed."""
        return ["ODBC Driver 18 for SQL Server"]

    def connect(self, how: str, **_options: Any) -> None:
        """Fail, and say too much."""
        state, words = self._told
        raise self.Error(state, f"[{state}] [Microsoft]{words}, {how}, PWD={SECRET}, {SECRET}!")


URL_WITH_PASSWORD = LOGIN.render_as_string(hide_password=False)
PLACES: dict[str, dict[str, Any]] = {
    "odbc_connect": {"url": f"mssql+pyodbc:///?odbc_connect={quote_plus(ODBC)}"},
    "environment": {"url": SERVER, "password": {"env": "COBRA_PASSWORD"}},
    "file": {"url": SERVER, "password": {"file": "secret"}},
    "keyring": {"url": SERVER, "password": {"keyring": "relay"}},
}
"""How the configuration tells where the password is."""


@pytest.fixture(autouse=True)
def _secret_in_its_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the password where the configuration says that it is."""
    import keyring

    monkeypatch.setenv("COBRA_PASSWORD", SECRET)
    monkeypatch.setattr(keyring, "get_password", lambda _service, _user: SECRET)
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")


def shows_secret(output: str) -> bool:
    """Tell whether the password is in a text, as it is or as a URL spells it."""
    return any(spelt in output for spelt in (SECRET, quote_plus(SECRET), "gEheim"))


@pytest.fixture
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Talkative:
    """Replace pyodbc by a driver that fails."""
    talkative = Talkative(*request.param)
    for module in (relay.database.sqlserver.driver, relay.database.sqlserver.dialect):
        monkeypatch.setattr(module, "pyodbc_module", lambda: talkative)
    return talkative


@only_sqlite
@pytest.mark.parametrize("place", [*PLACES, "url in the environment"])
@pytest.mark.parametrize(
    "driver",
    [
        ("28000", "Login failed for user 'relay'. (18456) (SQLDriverConnect)"),
        ("08001", "SSL Provider: certificate verify failed (-1) (SQLDriverConnect)"),
        ("HYT00", "Login timeout expired (0) (SQLDriverConnect)"),
        ("IM002", "Data source name not found and no default driver specified (0)"),
        ("HY000", "Something that nobody expects (0)"),
    ],
    indirect=True,
    ids=["login", "certificate", "timeout", "driver", "unknown"],
)
@pytest.mark.usefixtures("driver")
def test_no_command_shows_the_password(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """With a driver that repeats the password, each command tells the error without it."""
    desk.write(desk.databases.settings(cobra=PLACES.get(place, {"url": SERVER})))
    if place not in PLACES:
        monkeypatch.setenv("RELAY_COBRA__URL", URL_WITH_PASSWORD)
    for command in COMMANDS:
        result = desk.relay(*command)
        assert result.exit_code == status_of(command, 5), (command, result.output)
        assert "***" in result.stderr, command
        assert not shows_secret(result.output), (command, result.output)


@only_sqlite
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "driver", [("28000", "Login failed for user 'relay'. (18456)")], indirect=True, ids=["login"]
)
@pytest.mark.usefixtures("driver")
def test_password_of_a_year_is_nowhere(desk: Desk, world: World, place: str) -> None:
    """A year that refuses the login leaves no password in the log, nor in the tables in cobra."""
    key = world.add()
    told = desk.databases.settings().model_dump(mode="json", exclude_none=True)
    years = told["sage"]["year"]
    desk.write(desk.databases.settings(sage={"year": [years[0], years[1] | PLACES[place]]}))
    commands = [["migrate"], ["drain"], ["status"], ["show", key], ["list"]]
    for command in [*commands, ["reconcile", "--yes", "--reason", "x"]]:
        result = desk.relay(*command)
        assert not shows_secret(result.output), (command, result.output)
    (away,) = [y for y in desk.json("status")["years"] if y["name"] == YEARS[1]]
    assert (away["state"], "***" in away["text"]) == ("away", True)
    assert world.statuses(key) == ["waiting"]
    for part in Path(str(desk.databases.cobra.database)).parent.glob("cobra_*"):
        assert not shows_secret(part.read_bytes().decode("utf-8", errors="replace"))


@pytest.mark.parametrize(
    "wrong",
    [
        'cobra.url = "mssql+pyodbc://relay:gEheim-7@x@COBRASRV/cobra"',
        'cobra.url = "mssql+pyodbc://COBRASRV:gEheim-7/cobra"',
        'cobra.url = "gEheim-7"',
        'cobra.password = "gEheim-7"',
        'cobra.password = { env = "gEheim-7" }',
        'cobra.password = { word = "gEheim-7" }',
        'cobra.url = "mssql+pyodbc://relay:gEheim-7@COBRASRV/cobra',
        'cobra = "gEheim-7"',
    ],
)
def test_wrong_configuration_does_not_repeat_a_password(tmp_path: Path, wrong: str) -> None:
    """A password that stands where it does not belong is not repeated in the complaint."""
    file = tmp_path / "relay.toml"
    file.write_text(wrong, encoding="utf-8")
    result = CliRunner().invoke(cli.relay, ["-c", str(file), "status"], env=GERMAN)
    assert result.exit_code == 3, result.output
    assert not shows_secret(result.output)


@pytest.mark.parametrize("value", ["mssql+pyodbc://relay:gEheim-7@x@s/d", "{gEheim-7"])
def test_wrong_environment_does_not_repeat_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Nor is one that a variable holds, whether as a URL or as a section."""
    (tmp_path / "relay.toml").write_text("", encoding="utf-8")
    for name in ("RELAY_COBRA__URL", "RELAY_COBRA"):
        monkeypatch.setenv(name, value)
        arguments = ["-c", str(tmp_path / "relay.toml"), "drain"]
        result = CliRunner().invoke(cli.relay, arguments, env=GERMAN)
        assert (result.exit_code, shows_secret(result.output)) == (3, False), result.output


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("through", ["structlog", "logging"])
def test_traceback_in_the_log_has_no_local_variables(
    monkeypatch: pytest.MonkeyPatch, through: str, *, terminal: bool
) -> None:
    """A logged traceback names the error and its lines, never the values that were at hand."""
    output = io.StringIO()
    monkeypatch.setattr(output, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stderr", output)
    logs.configure()
    complain: dict[str, Callable[..., Any]] = {
        "structlog": structlog.get_logger().exception,
        "logging": logging.getLogger("apscheduler").exception,
    }
    password = SimpleNamespace(word=SECRET)
    try:
        _ = 1 / (len(password.word) - len(SECRET))
    except ZeroDivisionError:
        complain[through]("broken")
    assert "ZeroDivisionError" in output.getvalue()
    assert not shows_secret(output.getvalue())
