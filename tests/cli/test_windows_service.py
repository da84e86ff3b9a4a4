"""What the Windows service does, with pywin32 played by a stand-in: it has not run on Windows."""

from __future__ import annotations

import ast
import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from types import ModuleType
from typing import Any

import pytest

from relay.cli.service import ACCOUNT
from tests.world.company import World
from tests.world.desk import Desk

PATIENCE_S = 90
STOPPED, STARTING, STOPPING, RUNNING = 1, 2, 3, 4


class Ended(BaseException):
    """The process would have ended here."""


class Windows:
    """Stands in for Windows and pywin32: keeps what the service tells, and asks it to stop."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []
        self.events: list[str] = []
        self.installed: dict[str, Any] = {}
        self.running = Event()
        self.service: Any = None
        self._hosted: Callable[[list[str]], Any] | None = None

    def modules(self) -> dict[str, ModuleType]:
        windows = self

        class ServiceFramework:
            def __init__(self, _args: list[str]) -> None:
                windows.service = self

            def ReportServiceStatus(  # noqa: N802 - pywin32's name
                self, status: int, _hint: int = 0, _error: int = 0, code: int = 0
            ) -> None:
                windows.told.append((status, code))
                if status == RUNNING:
                    windows.running.set()

        def install(*names: str, **more: Any) -> None:
            self.installed = {"names": names, **more}

        return {
            "win32service": _module(
                SERVICE_STOPPED=STOPPED, SERVICE_START_PENDING=STARTING,
                SERVICE_STOP_PENDING=STOPPING, SERVICE_RUNNING=RUNNING, SERVICE_AUTO_START=2,
            ),
            "win32serviceutil": _module(
                ServiceFramework=ServiceFramework, InstallService=install,
                StartService=self.events.append, RemoveService=self.events.append,
                StopServiceWithDeps=lambda name, waitSecs: self.events.append(f"{name} {waitSecs}"),  # noqa: N803
            ),
            "servicemanager": _module(
                __file__=os.path.join("packages", "win32", "servicemanager.pyd"),  # noqa: PTH118
                Initialize=lambda: None, PrepareToHostSingle=self._prepare,
                StartServiceCtrlDispatcher=self._dispatch, LogErrorMsg=self.events.append,
                LogInfoMsg=self.events.append, LogWarningMsg=self.events.append,
            ),
        }  # fmt: skip

    def _prepare(self, hosted: Callable[[list[str]], Any]) -> None:
        self._hosted = hosted

    def _dispatch(self) -> None:
        assert self._hosted is not None
        self._hosted(["cobra-sage-relay"]).SvcRun()


def _module(**names: Any) -> ModuleType:
    module = ModuleType("stand_in")
    module.__dict__.update(names)
    return module


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[Windows]:
    """A Windows, as long as the test lasts; stderr and the process itself are kept."""
    windows = Windows()
    for name, module in windows.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "relay.cli.windows_service", raising=False)
    monkeypatch.setattr(sys, "stderr", sys.stderr)

    def end(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(sys, "platform", "win32")
    yield windows
    if type(sys.stderr).__name__ == "LogFile":
        sys.stderr.close()
    sys.modules.pop("relay.cli.windows_service", None)


def _hosting() -> Any:
    return import_module("relay.cli.windows_service")


def test_runs_until_windows_stops_it(desk: Desk, world: World, windows: Windows) -> None:
    """It says running once it works, finishes its batch on the stop, and tells a clean end."""
    key = world.add()
    process = Thread(target=_hosting().host, args=(str(desk.file),))
    process.start()
    assert windows.running.wait(PATIENCE_S)
    windows.service.SvcStop()
    process.join(PATIENCE_S)
    told = [status for status, _code in windows.told]
    assert [told[0], told[-2], told[-1]] == [STARTING, STOPPING, STOPPED]
    assert windows.told[-1] == (STOPPED, 0)
    begun, ended = windows.events
    assert "Das Relay arbeitet" in begun
    assert "zu Ende" in ended
    assert world.drain() == 0 or world.statuses(key) == ["applied"]
    log = desk.file.parent / "log" / "relay.log"
    assert "took_over" in log.read_text(encoding="utf-8")


def test_refusal_is_told_and_not_tried_again(desk: Desk, world: World, windows: Windows) -> None:
    """What needs a person ends as a service error with the exit status, its text in the log."""
    assert desk.relay("triggers", "drop").exit_code == 0
    assert world.entries() == []
    _hosting().host(str(desk.file))
    assert windows.told == [(STARTING, 0), (STOPPED, 4)]
    (refused,) = windows.events
    assert "lehnt" in refused or "ablehnt" in refused
    assert "relay triggers install" in refused


def test_bug_ends_the_process_without_a_word(
    desk: Desk, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows starts a service again whose process ends without having said that it stopped."""
    hosting = _hosting()

    def broken(*_args: Any, **_more: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(hosting, "run", broken)
    monkeypatch.setattr(hosting.faulthandler, "dump_traceback", lambda _file: None)
    with pytest.raises(Ended, match="1"):
        hosting.host(str(desk.file))
    assert windows.told == [(STARTING, 0)]
    assert "ZeroDivisionError" in windows.events[0]


def test_hang_ends_the_process(windows: Windows) -> None:
    """Without a beat for the given time the relay ends itself, and not before."""
    ended = Event()
    pulse = _hosting().WindowsPulse(windows.running.set, ended.set, hangs_s=0.2)
    pulse.say("service_works")
    assert windows.running.is_set()
    assert ended.wait(PATIENCE_S)
    pulse.close()


def test_relay_that_has_ended_is_not_watched(windows: Windows) -> None:
    """A process that outlives its relay is not ended for want of beats."""
    ended = Event()
    watching = {thread.ident for thread in enumerate_threads()}
    pulse = _hosting().WindowsPulse(windows.running.set, ended.set, hangs_s=3600)
    assert {thread.ident for thread in enumerate_threads()} > watching
    pulse.close()
    assert {thread.ident for thread in enumerate_threads()} <= watching
    assert not ended.is_set()


def _small_log(path: Path, windows: Windows, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a log that is full after one line."""
    hosting = _hosting()
    monkeypatch.setattr(hosting, "LOG_BYTES", 30)
    assert not windows.told
    return hosting.LogFile(path)


def test_full_log_is_kept_under_a_number(
    tmp_path: Path, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No log grows without bound, and no line is cut in two."""
    log = _small_log(tmp_path / "log" / "relay.log", windows, monkeypatch)
    for number in range(4):
        print(f"a line of the log, {number}", file=log)
    kept = [path.read_text(encoding="utf-8") for path in sorted((tmp_path / "log").iterdir())]
    assert [part.count("a line of the log") for part in kept] == [1, 1, 1, 1]
    assert os.fstat(log.fileno())
    log.close()


def test_log_that_is_being_read_grows_on(
    tmp_path: Path, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows renames no open file: no line is lost, and the older files stay where they are."""
    log = _small_log(tmp_path / "relay.log", windows, monkeypatch)
    for number in range(2):
        print(f"a line of the log, {number}", file=log)

    def is_open(self: Path, target: Path) -> Path:
        raise PermissionError(self, target)

    with monkeypatch.context() as reading:
        reading.setattr(Path, "rename", is_open)
        for number in range(2, 5):
            print(f"a line of the log, {number}", file=log)
    print("a line of the log, 5", file=log)
    log.close()
    kept = [path.read_text(encoding="utf-8") for path in sorted(tmp_path.iterdir())]
    assert [part.count("a line of the log") for part in kept] == [1, 4, 1]


def test_log_that_cannot_be_written_ends_nothing(
    tmp_path: Path, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs lines of the log, no more; the next line is tried again."""
    hosting = _hosting()
    log = hosting.LogFile(tmp_path / "relay.log")
    monkeypatch.setattr(sys, "stderr", log)
    assert not windows.told

    def is_full(*_args: Any) -> bool:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as filled:
        filled.setattr(hosting.RotatingFileHandler, "shouldRollover", is_full)
        print("lost", file=log)
    print("kept", file=log)
    assert (tmp_path / "relay.log").read_text(encoding="utf-8").split() == ["kept"]


def test_service_commands(desk: Desk, windows: Windows) -> None:
    """They register the service under its account, start it, stop it and take it away."""
    for command in ("install", "start", "stop", "remove"):
        result = desk.relay("service", command)
        assert result.exit_code == 0, result.output
    assert windows.installed["names"][:2] == (
        "relay.cli.windows_service.RelayService",
        "cobra-sage-relay",
    )
    assert windows.installed["userName"] == ACCOUNT
    assert windows.installed["password"] is None
    assert windows.events == ["cobra-sage-relay", "cobra-sage-relay 90", "cobra-sage-relay"]


def test_a_service_for_each_configuration(desk: Desk, windows: Windows) -> None:
    """Each has a name of its own, also where people read it, and the account that goes with it."""
    name = "cobra-sage-relay-immo"
    for command in ("install", "start", "stop", "remove"):
        result = desk.relay("service", command, "--name", name)
        assert result.exit_code == 0, result.output
    _class, own, shown = windows.installed["names"]
    assert (own, shown) == (name, f"cobra-Sage-Relay ({name})")
    assert windows.installed["userName"] == rf"NT SERVICE\{name}"
    assert windows.events == [name, f"{name} 90", name]
    again = desk.relay("service", "install", "--name", name)
    assert f"relay service start --name {name}" in again.output


@pytest.mark.parametrize("name", ["", "a/b", "a b", r"a\b", "ä", "x" * 81])
def test_a_name_that_windows_does_not_take(desk: Desk, windows: Windows, name: str) -> None:
    """It is refused before anything is asked of Windows, and what is allowed is said."""
    result = desk.relay("service", "install", "--name", name)
    assert result.exit_code == 2
    assert "A bis Z" in " ".join(result.output.split())
    assert not windows.installed


def test_command_line_finds_relay_without_the_venvs_python(
    desk: Desk, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Python under the venv, told where the venv's packages are, imports the relay."""
    hosting = _hosting()
    packages = Path(import_module("click").__file__ or "").parents[1]
    monkeypatch.setattr(hosting.servicemanager, "__file__", str(packages / "win32" / "x.pyd"))
    program, arguments = hosting.command_line(desk.file)
    assert not windows.told
    code = arguments.removeprefix('-I -c "').removesuffix('"')
    assert f"host('{desk.file.resolve()}')" in code
    looked = code.partition(" from ")[0] + "import relay; print(relay.__name__)"
    done = subprocess.run(  # noqa: S603 - our own program
        [program, "-I", "-c", looked], capture_output=True, text=True, check=False
    )
    assert done.stdout == "relay\n", done.stderr


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("folder", ["O'Neil", "back\\slash", "Käserei $1 {x}"])
def test_command_line_with_any_path(tmp_path: Path, folder: str) -> None:
    """Apostrophes and backslashes of a path reach the service as they are, without a quote."""
    file = tmp_path / folder / "relay.toml"
    _program, arguments = _hosting().command_line(file)
    code = arguments.removeprefix('-I -c "').removesuffix('"')
    assert '"' not in code
    assert ast.literal_eval(code.rpartition("host(")[2].removesuffix(")")) == str(file)


@pytest.mark.skipif(sys.platform == "win32", reason="this is Windows")
def test_elsewhere_it_names_the_unit(desk: Desk) -> None:
    """On another system the command says that systemd runs the relay, and where the unit is."""
    result = desk.relay("service", "start")
    assert result.exit_code == 4
    assert "ops/systemd/cobra-sage-relay.service" in result.output
    assert (Path(__file__).parents[2] / "ops/systemd/cobra-sage-relay.service").is_file()


def test_without_pywin32_it_names_the_extra(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Windows without pywin32 it says how to install it."""
    monkeypatch.setattr(sys, "platform", "win32")
    for name in ("servicemanager", "win32service", "win32serviceutil"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "relay.cli.windows_service", raising=False)
    result = desk.relay("service", "start")
    assert result.exit_code == 4
    assert "cobra-sage-relay[windows]" in result.output
