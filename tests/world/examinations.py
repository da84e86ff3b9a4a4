"""Keeps the claim that a test clears a finding: the code was found, and later not any more.

`@cleared("code", …)` stands above a test that provokes findings and does what their texts say. Once
such a test has passed, what its examinations found is compared with what it claims.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

import pytest

from relay.admin.doctor import Finding, Severity

cleared = pytest.mark.cleared
_found: list[set[str]] = []
"""The codes of each examination of the test that runs, in order."""


def noted(findings: Iterable[Finding]) -> list[Finding]:
    """Note an examination and return what it found."""
    told = list(findings)
    _found.append({finding.code for finding in told})
    return told


def said(findings: Iterable[Finding]) -> dict[str, Severity]:
    """Note an examination and return code to severity."""
    return {finding.code: finding.severity for finding in noted(findings)}


def claimed(test: pytest.Function) -> set[str]:
    """Return the codes that a test says it clears; one with a parameter `code` clears that one."""
    codes = {code for mark in test.iter_markers("cleared") for code in mark.args}
    params = test.callspec.params if hasattr(test, "callspec") else {}
    return codes & {params["code"]} if "code" in params else codes


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Compare what a test found with what it claims; one that is skipped claims nothing."""
    _found.clear()
    result = yield
    for code in sorted(claimed(pyfuncitem)):
        was = [code in codes for codes in _found]
        assert True in was, f"{code} was not provoked"
        assert not was[-1], f"{code} was not cleared"
    return result
