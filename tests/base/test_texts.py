"""The catalogue has a text in both languages for every code that the relay uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import chain
from pathlib import Path
from string import Formatter

import click
import pytest

import relay
from relay.admin.doctor import Severity
from relay.admin.journal.decisions import ACTIONS
from relay.admin.proposal.lines import Standing
from relay.base import texts
from relay.base.errors import Refused, SettingsError
from relay.base.values import Problem, RecordId, Status
from relay.cli import relay as relay_command
from relay.cli.logs import EVENTS
from relay.database.refusals import RefusalKind
from relay.extras.mail.trouble import Role

CALLS = {
    "Absent",
    "RelayError",
    "WrongCall",
    "TakeBack",
    "_move",
    "Finding",
    "FenceLost",
    "LockLost",
    "Problem",
    "Refused",
    "Unavailable",
    "__init__",
    "_column_problem",
    "_problem",
    "_wrong",
    "held",
    "later",
    "not_for_sage",
    "say",
    "text",
    "waiting",
}
"""What takes a code as its first argument; all but the last values are given by name."""

RETURN_CODES = {"explain", "_fault", "_scor_fault", "_digits_fault"}
"""Functions that return a code, alone or first in a tuple."""

ADDED = {"column", "database", "entity", "table", "trigger", "type", "url"}
"""Values that are put in elsewhere than at the call."""

Use = tuple[str, set[str] | None, str]
"""A code, the values given with it (None: not to be seen there), and the place."""


@cache
def uses() -> list[Use]:
    """Find every code in the package's source."""
    folder = Path(relay.__file__).parent
    found: list[Use] = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(folder)}:{getattr(node, 'lineno', 0)}"
            found += [(code, values, place) for code, values in of_node(node)]
    for path in sorted(folder.rglob("*.html")):
        place = str(path.relative_to(folder))
        found += [(code, values, place) for code, values in of_template(path.read_text("utf-8"))]
    return found


IN_TEMPLATE = re.compile(r"""\bt\("([a-z0-9_]+)"(?: if [^"]+ else "([a-z0-9_]+)")?(?=[,)])""")


def of_template(html: str) -> Iterator[tuple[str, set[str] | None]]:
    """Find the codes in a page: `t("code")`, or of two codes one."""
    for one, other in IN_TEMPLATE.findall(html):
        yield from ((code, None) for code in (one, other) if code)


def of_node(node: ast.AST) -> Iterator[tuple[str, set[str] | None]]:
    """Find the codes of one node of the source."""
    match node:
        case ast.Call(func=ast.Name(id="error" | "warning" | "info"), args=[first, *rest]):
            yield from ((code, values_of(node, rest)) for code in constants(first))
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]):
            yield from of_call(node, name, first)
        case ast.FunctionDef(name=name) if name in RETURN_CODES:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield from ((code, None) for code in returned(inner.value))
        case ast.Assign(targets=[ast.Name(id="codes" | "heads")], value=ast.Tuple(elts=parts)):
            firsts = (part.elts[0] if isinstance(part, ast.Tuple) else part for part in parts)
            yield from ((code, None) for first in firsts for code in constants(first))
        case ast.Assign(
            targets=[
                ast.Name(id="code" | "_CODES" | "_HEADS" | "_KNOWN" | "_STATES" | "YEAR_STATES")
            ]
        ):
            yield from ((code, None) for code in assigned(node.value))
        case ast.Constant(value=str(text)) if text.startswith("config_") and text[7:].islower():
            yield text, None


def of_call(call: ast.Call, name: str, first: ast.expr) -> Iterator[tuple[str, set[str] | None]]:
    """Find the codes in a call of `name`."""
    if name in CALLS:
        given = values_of(call, call.args[1:], is_problem=name == "Problem")
        yield from ((code, given) for code in constants(first))
    elif name in {"HTTPException", "_page"}:  # a status of HTTP comes first
        yield from ((code, None) for part in call.args[1:] for code in constants(part))
    elif name == "PydanticCustomError":
        yield from ((f"config_{code}", None) for code in constants(first))
    elif name == "described":
        yield from ((f"help_{code}", set()) for code in constants(first))
    elif name == "table":
        yield from ((code, set()) for part in call.args for code in constants(part))
    elif name == "get" and len(call.args) > 1:
        yield from ((code, None) for code in constants(call.args[1]) if "_" in code)


def values_of(call: ast.Call, rest: list[ast.expr], *, is_problem: bool = False) -> set[str] | None:
    """Return the names of the values that a call gives; None where they cannot be seen."""
    names = {keyword.arg for keyword in call.keywords}
    if None in names:
        return None
    for argument in rest:
        if is_problem and isinstance(argument, ast.Name | ast.BinOp):
            return None
        if isinstance(argument, ast.Dict):
            names |= {str(k.value) for k in argument.keys if isinstance(k, ast.Constant)}
    return {name for name in names if name is not None}


def constants(node: ast.expr) -> Iterator[str]:
    """Return the codes that an expression may be."""
    match node:
        case ast.Constant(value=str(text)) if re.fullmatch(r"[a-z][a-z0-9_]+", text):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from chain(constants(one), constants(other))


def returned(node: ast.expr) -> Iterator[str]:
    """Return the code in what a function returns."""
    first = node.elts[0] if isinstance(node, ast.Tuple) else node
    yield from constants(first)
    if isinstance(first, ast.Call) and len(first.args) > 1:  # a dictionary's get() with a default
        yield from constants(first.args[1])


def assigned(node: ast.expr) -> Iterator[str]:
    """Return the codes in what is assigned: a constant, or a table that leads to them or from."""
    yield from constants(node)
    if isinstance(node, ast.Dict):
        has_sets = any(isinstance(value, ast.Set) for value in node.values)
        for part in node.keys if has_sets else node.values:
            if part is not None:
                yield from constants(part)


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def helps(command: click.Command, code: str) -> Iterator[str]:
    """Return the codes of the help of a command's own commands: each has its group's before it."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield f"{code}_{name}"
            yield from helps(command.get_command(context, name) or command, f"{code}_{name}")


def composed() -> set[str]:
    """Return the codes that are put together from the names of what they are about."""
    return {
        *helps(relay_command, "help"),
        *(f"cli_{action}_done" for action in ("release", "skip", "resend", "pause", "resume")),
        *(f"rehearsal_{kind}" for kind in RefusalKind),
        *(f"proposal_{standing}" for standing in Standing),
        *(f"severity_{severity}" for severity in Severity),
        *(f"status_{status}" for status in Status),
        *(f"morning_for_{role}" for role in Role),
        *(f"paper_{action}" for action in ACTIONS),
        *(f"event_{name}" for name in EVENTS),
        *(f"service_{what}" for what in ("started", "stopped", "removed")),
        "privacy_unknown",
        "privacy_locked_in_sage",
        "privacy_emptied",
    }


def test_every_code_has_both_texts() -> None:
    """No message is ever shown as a bare code."""
    assert len(uses()) > 100, "the search itself must find the codes"
    missing = [code for code in sorted(composed()) if code not in texts.catalogue()]
    missing += [
        f"{code} ({place})"
        for code, _, place in uses()
        if set(texts.catalogue().get(code, {})) != set(texts.LANGUAGES)
    ]
    assert missing == []


def test_every_placeholder_has_a_value() -> None:
    """What a text names is given where the error is raised."""
    wrong = [
        f"{code} ({place}): {sorted(asked - given)}"
        for code, given, place in uses()
        if given is not None and code in texts.catalogue()
        for asked in [placeholders(texts.catalogue()[code]["de"]) - ADDED]
        if not asked <= given
    ]
    assert wrong == []


@pytest.mark.parametrize("code", sorted(texts.catalogue()))
def test_languages_agree(code: str) -> None:
    """Both languages have a text, with the same placeholders, and German as in Switzerland."""
    told = texts.catalogue()[code]
    assert set(told) == set(texts.LANGUAGES)
    assert placeholders(told["de"]) == placeholders(told["en"])
    assert "ß" not in told["de"]


def test_no_text_without_a_use() -> None:
    """What the source does not use any more leaves the catalogue."""
    used = {code for code, _, _ in uses()} | composed()
    built = (
        "click_",
        "config_",
        "when_",
        "record_",
        "operation_",
        "cause_",
        "field_",
        "enquiry_",
        "deed_",
        "demo_",
        "doubt_",
        "column_",
        "adopt_link",
        "adopt_separate",
        "reason_",
        "kind_",
        "mail_end_",
        "mail_ended_",
        "mail_trial_",
        "learnt_",
        "page_role_",
        "page_deed_",
        "page_sort_",
        "page_show_",
        "page_chart_",
        "page_last_",
        "compare_kind_",
        "compare_side_",
        "compare_advice_",
        "own_",
        "sages_",
    )  # from pydantic's types, entities, operations
    stale = [c for c in texts.catalogue() if c not in used and not c.startswith(built)]
    assert stale == []


@pytest.mark.parametrize(
    ("language", "begins", "says"),
    [
        ("de", "Adresse 4711: ", "von selbst nach Sage"),
        ("en", "Address 4711: ", "to Sage by itself"),
    ],
)
def test_problem_of_a_record(language: str, begins: str, says: str) -> None:
    """It names the record, what is wrong, where to correct it, and that it then goes by itself."""
    problem = Problem("not_ready", {"fields": "city", "columns": "CITY0"})
    told = texts.of_record(problem, RecordId("address", "4711"), language)
    assert told.startswith(begins)
    assert "CITY0" in told
    assert "cobra" in told
    assert says in told


def test_value_that_is_missing_hides_nothing() -> None:
    """A text about an error never fails itself; values stay on one line."""
    told = texts.of_error(Refused("sage_unknown", what="one\n two"), "en")
    assert "Sage year - reports" in told
    assert told.endswith("Message: one two")


def test_value_with_braces_is_left_alone() -> None:
    """What a user typed is shown, never interpreted."""
    told = texts.of_problem(Problem("number_taken", {"number": "{owner}", "owner": "7"}), "de")
    assert "{owner}" in told


def test_code_without_a_text_says_itself() -> None:
    """A forgotten text shows the code and its values."""
    assert texts.of_problem(Problem("no_such_code", {"a": 1}), "de") == "no_such_code: a = 1"


def test_settings_error_lists_all() -> None:
    """Each problem has its line; a type that the catalogue lacks shows pydantic's own words."""
    problems: list[tuple[str, str, dict[str, object]]] = [
        ("cobra.url", "config_missing", {}),
        ("relay", "config_exotic", {"what": "odd"}),
    ]
    told = texts.of_error(SettingsError("relay.toml", problems), "en")
    assert told.splitlines()[1:] == [
        "  - cobra.url: This setting is missing.",
        "  - relay: Not usable: odd",
    ]


COUNT_AND_WORD = re.compile(r"\{(\w+)\} (\w+)")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_one_is_told_in_the_singular(language: str) -> None:
    """The words that follow a number are those for one, or for all others."""
    words = {"de": ("1 Datensatz", "2 Datensätze"), "en": ("1 record", "2 records")}[language]
    for count, told in zip((1, 2), words, strict=True):
        assert f" {told}." in texts.text("cli_reconcile_done", language, records=count)
    for code, of in texts.catalogue().items():
        for name, word in COUNT_AND_WORD.findall(of["en"]):
            assert not (name in COUNTS and word.endswith("s")), code


COUNTS = {"records", "entries", "rows", "lines", "documents", "moved", "files", "count"}


def test_days_times_and_amounts_as_people_read_them() -> None:
    """In German as the Swiss write them, amounts so in both languages."""
    then = datetime(2026, 11, 29, 14, 5).astimezone()
    told = {"first": date(2026, 1, 31), "last": then, "count": Decimal("1234567.50")}
    german = texts.text("journal_title", "de", **told)
    assert all(part in german for part in ("31.01.2026", "29.11.2026 14:05", "1'234'567.50"))
    english = texts.text("journal_title", "en", **told)
    assert all(part in english for part in ("2026-01-31", "2026-11-29 14:05", "1'234'567.50"))
