"""Plays documented cases; `tests/rules/cases/__init__.py` says how they are written."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, select

from relay.base import texts
from relay.base.values import Problem, RecordId
from relay.cobra.deliveries import Say
from relay.database.reflection import column_named
from relay.engine import service
from relay.sage.layout import sage_table
from relay.settings import Settings
from tests.world.company import CUSTOMER
from tests.world.databases import Databases
from tests.world.office import THIS, Office

FOLDER = Path(__file__).parent / "cases"
ALONE = {"de": "von selbst", "en": "by itself"}
_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
PLACES = ("cobra", "Sage", "relay.toml")
NOT_DONE = ("held", "waiting", "not_for_sage")

Columns = dict[str, Any]


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expected(_Told):
    """What Sage and the outbox shall say of an invoice."""

    year: str = THIS
    about: Literal["invoice", "address"] = "invoice"
    held: str | None = None
    waiting: str | None = None
    not_for_sage: str | None = None
    says: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    journal: str | None = None
    item: Columns = Field(default_factory=dict)
    address: Columns = Field(default_factory=dict)
    debtor: Columns = Field(default_factory=dict)

    def state(self) -> tuple[str, str | None]:
        """Return the status and code of the newest entry."""
        told = [(name, getattr(self, name)) for name in NOT_DONE if getattr(self, name)]
        return told[0] if told else ("applied", None)


class Step(Expected):
    """What happens next to an invoice, and what is then expected."""

    edit: Columns = Field(default_factory=dict)
    edit_positions: Columns = Field(default_factory=dict)
    edit_customer: Columns = Field(default_factory=dict)
    positions: str | None = None
    deleted: bool = False
    customer_deleted: bool = False
    in_sage: list[str] = Field(default_factory=list)


class Case(Expected):
    """An invoice of cobra, and what is expected of it."""

    name: str
    rule: int | None = None
    main: Columns | None = None
    customer: Columns = Field(default_factory=dict)
    invoice: Columns = Field(default_factory=dict)
    positions: str | None = None
    then: list[Step] = Field(default_factory=list)


class CaseFile(_Told):
    """One world with its cases."""

    title: str
    settings: dict[str, Any] = Field(default_factory=dict)
    sage: dict[str, list[Columns]] = Field(default_factory=dict)
    before: dict[str, list[str]] = Field(default_factory=dict)
    case: list[Case] = Field(min_length=1)


def case_files() -> list[Path]:
    """Return all files with cases."""
    return sorted(FOLDER.glob("*.toml"))


def read_cases(path: Path) -> CaseFile:
    """Read a file of cases; a key that nobody knows is an error."""
    return CaseFile(**tomllib.loads(path.read_text(encoding="utf-8")))


class Interpreter:
    """Remembers what the relay said, so that it can be said in every language."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[Problem, RecordId]] = {}

    def sayer(self, settings: Settings) -> Say:
        """Stand in for the relay's own sayer."""

        def say(problem: Problem, record: RecordId) -> str:
            told = texts.of_record(problem, record, settings.language)
            self._said[told] = (problem, record)
            return told

        return say

    def in_each_language(self, told: str) -> dict[str, str]:
        """Return a sentence that the relay wrote down, by language."""
        problem, record = self._said[told]
        return {lang: texts.of_record(problem, record, lang) for lang in texts.LANGUAGES}


@dataclass(slots=True)
class Played:
    """A case in its world, and what was found wrong with it so far."""

    case: Case
    number: str
    interpreter: Interpreter
    key: str = ""
    customer: str = ""
    amount: str = ""
    """The printed total, as cobra has it now."""
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, expected: object, found: object) -> None:
        """Note a difference; the other cases go on."""
        if expected != found:
            self.wrong.append(f"{what}: expected {expected!r}, found {found!r}")


def play(told: CaseFile, databases: Databases) -> list[Played]:
    """Play all cases of a file in one world, side by side."""
    interpreter = Interpreter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "sayer", interpreter.sayer)
        return _play(told, databases, interpreter)


def _play(told: CaseFile, databases: Databases, interpreter: Interpreter) -> list[Played]:
    office = Office(databases, **told.settings)
    for year in office.sage:
        for table, rows in told.sage.items():
            for row in rows:
                office.write_sage(year, table, **row)
        for statement in told.before.get(year, []):
            office.sage_execute(year, statement)
    played = [
        Played(case, str(20260000 + n), interpreter) for n, case in enumerate(told.case, start=1)
    ]
    for one in played:
        _begin(office, one)
    office.drain_all()
    for one in played:
        _look(office, one, one.case, "first")
    for n in range(max(len(case.then) for case in told.case)):
        going = [one for one in played if len(one.case.then) > n]
        for one in going:
            _act(office, one, one.case.then[n])
        office.recheck()
        office.drain_all()
        for one in going:
            _look(office, one, one.case.then[n], f"step {n + 1}")
    office.assert_books_right()
    return played


def _begin(office: Office, one: Played) -> None:
    case = one.case
    columns: Columns = {
        "HOUSENO0": one.number[-3:]
    } | case.customer  # nobody is another one's duplicate
    if case.main is not None:
        columns["MAINID"] = int(office.add(**case.main))
    one.customer = office.add(**columns)
    if case.positions is None:
        return
    invoice: Columns = {"number": one.number, "GROSS": None} | _filled(case.invoice, one)
    if "INVOICEDATE" in invoice:
        invoice["day"] = invoice["INVOICEDATE"]
    one.amount = invoice["GROSS"] or ""
    address = invoice.pop("ADDRESSID", one.customer)
    one.key = office.invoice(address or one.customer, *table(case.positions), **invoice)
    if address is None:
        office.edit(one.key, ADDRESSID=None)


def _act(office: Office, one: Played, step: Step) -> None:
    for statement in step.in_sage:
        office.sage_execute(step.year, statement.replace("{number}", one.number))
    if step.positions is not None:
        with office.cobra.begin() as connection:
            mine = column_named(office.positions, "INVOICEID") == int(one.key)
            connection.execute(delete(office.positions).where(mine))
            for line, row in enumerate(table(step.positions), start=1):
                office.add_position(connection, int(one.key), {"LINE": line} | row)
    if step.edit_positions:
        office.edit_positions(one.key, **step.edit_positions)
    if step.edit_customer:
        office.change(one.customer, **step.edit_customer)
    if step.edit:
        one.amount = step.edit.get("GROSS", one.amount) or ""
        office.edit(one.key, **_filled(step.edit, one))
    if step.deleted:
        office.delete_invoice(one.key)
    if step.customer_deleted:
        office.remove(one.customer)


def _look(office: Office, one: Played, expected: Expected, when: str) -> None:
    of_address = expected.about == "address"
    entry = (office.of_address(one.customer) if of_address else office.of_invoice(one.key))[-1]
    state = (entry.status, entry.error_code)
    sentence = str(entry.error or entry.reason or "")
    if state != expected.state():
        one.wrong.append(f"{when}: expected {expected.state()}, found {state}: {sentence}")
        return
    told = one.interpreter.in_each_language(sentence) if sentence else {}
    for language, each in told.items():
        _look_for(expected.says, one, each, when)
        if expected.held or expected.waiting:
            _look_at_sentence(one, expected, each, language, when)
    year = expected.year
    if state[0] == "applied":
        entries = office.of_address(one.customer) if of_address else office.of_invoice(one.key)
        kept = _warnings(office, entries, one.customer if of_address else one.key, year)
        one.expect(f"{when}, warnings", sorted(expected.warnings), sorted(c for c, _ in kept))
        for _, warning in kept:
            for each in one.interpreter.in_each_language(warning).values():
                _look_for(_about(one, expected), one, each, when)
    if expected.journal is not None:
        wanted = documents(expected.journal)
        with_days = any(len(line) == 1 for document in wanted for line in document)
        found = _journal(office, one, year, with_days=with_days)
        one.expect(f"{when}, journal", wanted, found)
    _look_at_rows(office, one, expected, when)


def _warnings(office: Office, entries: list[Any], key: str, year: str) -> list[tuple[str, str]]:
    """Return the warnings that the newest delivery of these entries keeps: code and sentence."""
    ids = {entry.id for entry in entries}
    told = [d.warnings for d in office.deliveries(key, year) if d.outbox_id in ids]
    return [(code, text) for code, text in orjson.loads((told and told[-1]) or "[]")]


def _look_at_sentence(
    one: Played, expected: Expected, sentence: str, language: str, when: str
) -> None:
    """A bookkeeper reads which invoice it is, where to correct it, and whether it then goes."""
    _look_for([*_about(one, expected), ALONE[language]], one, sentence, when)
    if not any(place in sentence for place in PLACES):
        one.wrong.append(f"{when}: no place to correct it is in: {sentence}")


def _about(one: Played, expected: Expected) -> list[str]:
    """Return what every sentence must name: number, customer, amount; of an address, its key."""
    if expected.about == "address":
        return [one.customer]
    columns = CUSTOMER | (one.case.main or one.case.customer)
    number = str(one.case.invoice.get("NUMBER", one.number) or one.key).strip()
    return [number, columns["COMPANY1"] or columns["LASTNAME0"], one.amount]


def _look_for(parts: list[str], one: Played, sentence: str, when: str) -> None:
    for part in parts:
        part = part.replace("{number}", one.number)  # noqa: PLW2901
        swiss = _DAY.sub(r"\3.\2.\1", part)  # how a day is written in German
        if part not in sentence and swiss not in sentence:
            one.wrong.append(f"{when}: {part!r} is not in: {sentence}")


def _look_at_rows(office: Office, one: Played, expected: Expected, when: str) -> None:
    number = next((r.open_item for r in _bookings(office, one, expected.year)), one.number)
    items = {r["OpId"]: r for r in _book(office, expected.year, "OPd")}
    debtor = items.get(number, {}).get("PkKey")
    debtors = {r["PkKey"]: r for r in _book(office, expected.year, "PKd")}
    account = debtors.get(debtor, {})
    addresses = {r["AdrId"]: r for r in _book(office, expected.year, "Adr")}
    link = office.links(expected.year).get(one.customer, ("", {}))
    address = addresses.get(account.get("AdrId") or link[0], {})
    for name, row in (("item", items.get(number, {})), ("debtor", account), ("address", address)):
        for tag, value in getattr(expected, name).items():
            found = row.get(tag)
            one.expect(f"{when}, {name} {tag}", str(value), "" if found is None else str(found))


def _book(office: Office, year: str, name: str) -> list[dict[str, Any]]:
    """Return one of Sage's tables by tag, its columns renamed as the file's settings say."""
    with office.sage[year].connect() as connection:
        table = sage_table(connection, office.settings.sage.profile, name)
        columns = [column.label(tag) for tag, column in table.columns.items()]
        return [dict(row) for row in connection.execute(select(*columns)).mappings()]


def _bookings(office: Office, one: Played, year: str) -> list[Any]:
    rows = office.rows(year, office.ledger.booking)
    return sorted((r for r in rows if r.entity_key == one.key), key=lambda r: r.version)


def _journal(
    office: Office, one: Played, year: str, *, with_days: bool
) -> list[list[tuple[str, ...]]]:
    """Return the documents of an invoice: each with its day and its postings."""
    wanted = []
    for booking in _bookings(office, one, year):
        wanted += [booking.document] + ([] if booking.reversal is None else [booking.reversal])
    days = {r["BlgNr"]: str(r["Date"])[:10] for r in office.book(year, "Blg")}
    rows = sorted(office.book(year, "Bk"), key=lambda r: (r["BlgNr"], r["BkIdx"]))
    return [
        ([(days[document],)] if with_days else [])
        + [_posting(r) for r in rows if r["BlgNr"] == document]
        for document in wanted
    ]


def _posting(row: dict[str, Any]) -> tuple[str, ...]:
    foreign = "" if float(row["ValFW"]) == 0 else row["ValFW"]
    told = [row["AccId"], "H" if row["Type"] else "S", row["ValNt"], row["TaxId"] or "-", foreign]
    return _trimmed(told)


def documents(told: str) -> list[list[tuple[str, ...]]]:
    """Return the documents that a case writes down: their lines, and a day where one is given."""
    parts = re.split(r"\n\s*\n", told.strip())
    return [[_trimmed(line.split()) for line in part.splitlines()] for part in parts]


def _trimmed(told: list[str]) -> tuple[str, ...]:
    while told and told[-1] in {"", "-"}:
        told = told[:-1]
    return tuple(told)


def table(told: str) -> list[Columns]:
    """Return the rows of a table whose columns are two blanks apart."""
    names, *rows = [re.split(r"\s{2,}", line.strip()) for line in told.strip().splitlines()]
    return [{n: _value(v) for n, v in zip(names, row, strict=True)} for row in rows]


def _value(told: str) -> str | date | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", told):
        return date.fromisoformat(told)
    return None if told == "-" else told


def _filled(columns: Columns, one: Played) -> Columns:
    return {
        name: value.replace("{number}", one.number) if isinstance(value, str) else value
        for name, value in columns.items()
    }
