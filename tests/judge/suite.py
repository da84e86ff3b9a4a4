"""Judges, at the end of a run of tests, what the relay sent while they ran.

Each worker collects for itself; the process that reports gets it from all of them and judges.
Where the parser is missing nothing is collected: the tier's own tests say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import astuple
from typing import Any

import pytest

from tests.judge import parser, product
from tests.judge.finding import Finding
from tests.judge.judging import Text, by_both
from tests.judge.places import silent
from tests.judge.sent import Place, Sent

_KEY = "judge"
_OF_TESTS = {"unknown-name"}
"""What cannot hold here: tests make tables and columns of their own."""
_SILENT = "sends statements, and no test let it"


class Suite:
    """Collects and judges; a plugin of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        """Take the run's options; on a controller of workers nothing is sent."""
        self._config = config
        self._sent = Sent()
        self._texts: set[tuple[Any, ...]] = set()
        self._places: set[Place] = set()
        self._found: list[Finding] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Iterator[None]:
        """Listen while tests run."""
        with ExitStack() as stack:
            if not self._config.getoption("numprocesses", None):
                stack.enter_context(self._sent.collecting())
            return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker collected, unless it died."""
        texts, places = getattr(node, "workeroutput", {}).get(_KEY, ((), ()))
        self._texts.update(map(tuple, texts))
        self._places.update(map(tuple, places))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over to whoever reports, or judge."""
        mine = [astuple(text) for text in self._sent.texts.values()]
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_KEY] = mine, sorted(self._sent.places)
            return
        self._texts.update(mine)
        self._places |= self._sent.places
        if not self._texts:
            return
        migrations = list(product.migrations())
        scripts = {_plain(text.sql) for text in migrations}  # a test may run those one by one
        texts = sorted((Text(*told) for told in self._texts), key=lambda text: text.where)
        told = [
            *product.vendors(),
            *migrations,
            *(t for t in texts if _plain(t.sql) not in scripts),
        ]
        self._found = by_both(told, _OF_TESTS)
        if self._is_whole():
            self._found += [Finding("silent", file, 1, _SILENT) for file in silent(self._places)]
        if self._found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _is_whole(self) -> bool:
        """Tell whether all tests were run, so that all of the relay was at work."""
        chosen = ("keyword", "markexpr", "deselect", "ignore", "lf", "maxfail")
        told = self._config.option
        is_chosen = any(getattr(told, name, None) for name in chosen)
        return not is_chosen and self._config.args == self._config.getini("testpaths")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what SQL Server would not take."""
        if self._texts:
            count = f"{len(self._texts)} statements judged, {len(self._found)} findings"
            terminalreporter.write_sep("-", f"T-SQL: {count}")
        for each in self._found:
            terminalreporter.write_line(str(each), red=True)


def _plain(sql: str) -> str:
    return " ".join(sql.split()).rstrip("; ")


def register(config: pytest.Config) -> None:
    """Have the run judged, where that can be done."""
    if parser.missing() is None:
        config.pluginmanager.register(Suite(config), "judge")
