"""Knows how the relay runs as a Windows service, through pywin32's ServiceFramework.

Windows calls a stop clean if the service says so itself, and starts a service again (the
service's recovery options) whose process ends without a word. So a stop and a refusal are told,
and a bug or a hang ends the process.
"""

from __future__ import annotations

import faulthandler
import io
import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from logging import LogRecord, makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Event, Thread
from typing import Any, ClassVar

import servicemanager
import structlog
import win32service
import win32serviceutil

from relay.base import texts
from relay.base.errors import Exit, Refused, SettingsError
from relay.cli import logs
from relay.cli.frame import Caller
from relay.cli.logs import EventLog, Weight
from relay.cli.run import parts
from relay.cli.service import NAME
from relay.engine.pulse import Pulse
from relay.engine.service import run

log = structlog.get_logger()
START_MS, STOP_MS = 120_000, 90_000
"""How long Windows is asked to wait for the start and, for the batch in hand, for the stop."""
HANGS_S = 300.0
"""Without a step for so long the relay hangs: the longest wait for a database is a minute."""
LOG_BYTES, LOG_FILES = 10_000_000, 5
ERROR_SERVICE_SPECIFIC_ERROR = 1066


class RelayService(win32serviceutil.ServiceFramework):  # type: ignore[misc] # has no types here
    """The service: starts the relay, and stops it after the batch in hand."""

    _svc_name_ = NAME
    config: ClassVar[Path]

    def __init__(self, args: Any) -> None:
        """Take what Windows hands over; nothing is started yet."""
        super().__init__(args)
        self._stop = Event()

    def SvcStop(self) -> None:  # noqa: N802 - pywin32's name
        """Ask the relay to stop; Windows waits until `SvcRun` returns."""
        self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING, STOP_MS)
        self._stop.set()

    SvcShutdown = SvcStop

    def SvcRun(self) -> None:  # noqa: N802 - pywin32's name
        """Run until the stop, then tell with which exit status of `relay.base.errors.Exit`."""
        self.ReportServiceStatus(win32service.SERVICE_START_PENDING, START_MS)
        sys.stderr = LogFile(self.config.parent / "log" / "relay.log")
        who = Caller(self.config)
        logs.configure(also=EventLog(_write_event, who.text))
        status = self._work(who)
        specific = ERROR_SERVICE_SPECIFIC_ERROR if status else 0
        self.ReportServiceStatus(win32service.SERVICE_STOPPED, 0, specific, status)

    def _work(self, who: Caller) -> int:
        try:
            settings = who.settings
            with closing(WindowsPulse(self._is_running, lambda: _end("hangs"))) as pulse:
                run(settings, self._stop, parts(settings, pulse))
        except (Refused, SettingsError) as error:  # needs a person first: no new start
            text = texts.of_error(error, who.language)
            log.error("refused", code=error.code, text=text)  # noqa: TRY400 - no bug
            return error.exit_status
        except BaseException:
            log.exception("bug")
            _end(traceback.format_exc())
        return Exit.OK

    def _is_running(self) -> None:
        if not self._stop.is_set():
            self.ReportServiceStatus(win32service.SERVICE_RUNNING)


class WindowsPulse(Pulse):
    """Tells Windows that the service runs, and ends a relay that makes no step any more."""

    def __init__(
        self, ready: Callable[[], None], end: Callable[[], None], hangs_s: float = HANGS_S
    ) -> None:
        """Take what tells that we run and what ends us, and start to watch."""
        self._ready = ready
        self._end = end
        self._hangs_s = hangs_s
        self._beaten = time.monotonic()
        self._over = Event()
        self._watching = Thread(target=self._watch, name="watch", daemon=True)
        self._watching.start()

    def say(self, code: str) -> None:
        """Tell that the service runs; what it does stands in the log."""
        self._ready()
        log.info(code)

    def beat(self) -> None:
        """Note when the last step was made."""
        self._beaten = time.monotonic()

    def close(self) -> None:
        """Watch no longer: the relay has ended."""
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while (left := self._beaten + self._hangs_s - time.monotonic()) > 0:
            if self._over.wait(left):
                return
        self._end()


class LogFile(io.TextIOBase):
    """A file for log lines, since a service has no stderr; a full one is kept under a number."""

    def __init__(self, path: Path) -> None:
        """Open the file, in a folder that is made where it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = _Numbered(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")

    def write(self, line: str) -> int:
        """Write a line."""
        self._file.emit(makeLogRecord({"msg": line.rstrip("\n")}))
        return len(line)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def fileno(self) -> int:
        """Return the file's number, for a traceback of all threads."""
        stream = self._file.stream
        return -1 if stream is None else stream.fileno()


class _Numbered(RotatingFileHandler):
    """A log that never ends the relay: what cannot be written or renamed now is let be."""

    def doRollover(self) -> None:  # noqa: N802 - logging's name
        """Keep the full file under a number; it grows on while somebody has it open.

        Windows renames no open file, so that is tried before the older ones are moved.
        """
        if self.stream is not None:
            self.stream.close()
            self.stream = None
        full, tried = Path(self.baseFilename), Path(f"{self.baseFilename}.full")
        with suppress(OSError):
            full.rename(tried).rename(full)
            super().doRollover()

    def handleError(self, record: LogRecord) -> None:  # noqa: N802 - the same
        """Say nothing: whatever is said on stderr would come here again."""


def _write_event(weight: Weight, text: str) -> None:
    """Write into the event log, under the service's name."""
    {
        Weight.INFORMATION: servicemanager.LogInfoMsg,
        Weight.WARNING: servicemanager.LogWarningMsg,
        Weight.ERROR: servicemanager.LogErrorMsg,
    }[weight](text)


def _end(why: str) -> None:
    """End the process without a word to Windows, so that it starts the service again."""
    try:
        servicemanager.LogErrorMsg(why)
        faulthandler.dump_traceback(sys.stderr)
    finally:
        os._exit(Exit.BUG)


def host(config: str) -> None:
    """Be the process that Windows has started for the service."""
    RelayService.config = Path(config)
    servicemanager.Initialize()
    servicemanager.PrepareToHostSingle(RelayService)
    servicemanager.StartServiceCtrlDispatcher()


def command_line(config: Path) -> tuple[str, str]:
    """Return the service's program and its arguments.

    It is the Python under our venv: the venv's own python.exe only starts that one as a child,
    which Windows does not take for the service.
    """
    packages = Path(servicemanager.__file__).parents[1]
    code = (
        f"import site; site.addsitedir({_literal(packages)});"
        f" from relay.cli.windows_service import host; host({_literal(config.resolve())})"
    )
    return getattr(sys, "_base_executable", sys.executable), f'-I -c "{code}"'


def _literal(path: Path) -> str:
    """Return a path for Python's code between double quotes of a command line."""
    escaped = str(path).replace("\\", "\\\\").replace("'", "\\x27")
    return f"'{escaped}'"


def install(config: Path, names: tuple[str, str, str], account: str, password: str | None) -> None:
    """Register a service; it starts with Windows, after the databases' own services.

    `names`: its own, the one that Windows shows, and what it is there for.
    """
    program, arguments = command_line(config)
    name, shown, about = names
    win32serviceutil.InstallService(
        f"{RelayService.__module__}.{RelayService.__name__}", name, shown,
        startType=win32service.SERVICE_AUTO_START, delayedstart=True,
        exeName=program, exeArgs=arguments, description=about,
        userName=account, password=password,
    )  # fmt: skip


def start(name: str) -> None:
    """Start a service."""
    win32serviceutil.StartService(name)


def stop(name: str) -> None:
    """Stop a service and wait until the batch in hand is finished."""
    win32serviceutil.StopServiceWithDeps(name, waitSecs=STOP_MS // 1000)


def remove(name: str) -> None:
    """Take a service away; configuration, log and databases stay."""
    win32serviceutil.RemoveService(name)
