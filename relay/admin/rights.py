"""Knows which rights each role of the relay needs: SQL that an administrator can read and run.

Only SQL Server has users; the scripts in `sql/mssql/rights` have no namesake for SQLite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import Template

from sqlalchemy.engine import URL, make_url

from relay.base.files import read_sql
from relay.database import TableInfo, dialect_of
from relay.database.scripts import statements_of
from relay.database.surface import views_of_parts
from relay.sage.counters import place_of
from relay.sage.layout import needed_tables
from relay.settings import Address, InvoiceSection, Settings, Year
from relay.settings.profile import Counter
from relay.settings.section import Section

IN_COBRA = ("installer", "run", "reader", "operator", "page", "page_operator", "privacy")
IN_SAGE = ("installer", "run", "page", "privacy")
"""The roles in cobra's database and in a Sage year's; `relay_` stands before each name."""

_FULL = "SELECT, INSERT, UPDATE"
_SAGE = {
    "Adr": _FULL, "PKd": _FULL, "OPd": _FULL, "Blg": "SELECT, INSERT", "Bk": "SELECT, INSERT",
    "Acc": "SELECT, UPDATE", "Tax": "SELECT", "Zab": "SELECT", "FCur": "SELECT", "Client": "SELECT",
}  # fmt: skip
"""What the relay does with Sage's tables."""
_SAGE_FOR_LOCKS = {"PKd": "SELECT, UPDATE"}
"""The same, where debtors are only locked (mode addresses, `Address.may_lock`)."""
_SAGE_FOR_PRIVACY = {"Adr": "SELECT, UPDATE", "PKd": "SELECT, UPDATE", "OPd": "SELECT"}
"""What `relay privacy` does with those in which a person stands."""

_GRANT = re.compile(r"GRANT (?P<rights>[\w, ]+?) ON (?!SCHEMA::|TYPE::)(?P<what>.+) TO \w+")


@dataclass(frozen=True, slots=True)
class Grant:
    """A right on one object, which is named as in SQL text."""

    right: str
    what: str


def in_cobra(settings: Settings, role: str, user: str | None = None) -> list[str]:
    """Return the statements that give a role what it needs in cobra's database."""
    url = make_url(settings.cobra.url)
    sections = (settings.cobra.address, *(settings.invoices or ()))
    # Address, invoice, position.
    captured = [_quoted(url, section.table, section.schema_name) for section in sections]
    recording = []
    if settings.documents is not None:
        recording = [_of("run_documents")]
    if settings.answers is not None:
        recording += [_of("run_answers"), *_copies(url, settings)]
    if settings.page is not None:
        recording.append(_of("run_page"))
    parts = {
        "installer": [
            _of("installer"),
            _of("installer_cobra"),
            *(_of("installer_table", table=t) for t in captured),
        ],
        "run": [
            _of("run_cobra"),
            *(_of("run_table", table=t) for t in captured),
            *recording,
            *_views(settings, "relay_run"),
        ],
        "reader": [
            _of("reader"),
            *_views(settings, "relay_reader"),
            *(_seen(settings, "relay_reader") if settings.page is not None else ()),
        ],
        "operator": [_of("operator")],
        "page": [
            *_seen(settings, "relay_page"),
            *_views(settings, "relay_page"),
            *(_of("page_table", table=t) for t in captured),
        ],
        "page_operator": [_of("page_operator")],
        "privacy": [_of("privacy"), *(_of("privacy_table", table=t) for t in captured[:2])],
    }
    return _with_role(url, role, parts[role], user)


def _views(settings: Settings, role: str) -> Iterator[str]:
    """Yield the rights on the views of optional parts."""
    if settings.documents is not None:
        yield from (_of("reader_view", view=view, role=role) for view in views_of_parts("mssql"))


def _seen(settings: Settings, role: str) -> Iterator[str]:
    """Yield the rights on the relay's own tables that the page shows."""
    yield _of("page", role=role)
    if settings.documents is not None:
        yield _of("page_documents", role=role)


def in_year(settings: Settings, year: Year, role: str, user: str | None = None) -> list[str]:
    """Return the statements that give a role what it needs in a Sage year's database."""
    url = make_url(year.url)
    rights = _SAGE if settings.invoices is not None else _SAGE | _SAGE_FOR_LOCKS
    names = settings.sage.profile.tables
    needed = {name: _quoted(url, names.get(name, name), None) for name in needed_tables(settings)}
    counters = dict.fromkeys(
        (_quoted(url, name, schema) for schema, name in _counters(settings)), "SELECT, UPDATE"
    )
    parts = {
        "installer": [_of("installer")],
        "run": [
            _of("run_sage"),
            *_on({table: rights[name] for name, table in needed.items()}, "relay_run"),
            *_on(counters, "relay_run"),
        ],
        "page": [_of("page_sage"), *_on(dict.fromkeys(needed.values(), "SELECT"), "relay_page")],
        "privacy": [_of("privacy_sage"), *_for_privacy(settings, url)],
    }
    return _with_role(url, role, parts[role], user)


def _on(tables: Mapping[str, str], role: str) -> Iterator[str]:
    """Yield the rights of a role on tables of Sage's."""
    for table, rights in tables.items():
        yield _of("sage_table", rights=rights, table=table, role=role)


def _for_privacy(settings: Settings, url: URL) -> Iterator[str]:
    """Yield the rights on Sage's tables in which a person stands, maybe since an earlier mode."""
    names = settings.sage.profile.tables
    for name, rights in _SAGE_FOR_PRIVACY.items():
        is_asked = name == "Adr" or settings.invoices is not None
        file = "sage_table" if is_asked else "sage_table_if_booked"
        table = _quoted(url, names.get(name, name), None)
        yield _of(file, rights=rights, table=table, role="relay_privacy")


def _copies(url: URL, settings: Settings) -> Iterator[str]:
    """Yield the rights on the columns of cobra's own that get copies."""
    copies = settings.answers and settings.answers.copies
    if not copies:
        return
    sections: list[tuple[Address | InvoiceSection, Section]] = [
        (settings.cobra.address, copies.address)
    ]
    if settings.invoices is not None:
        sections.append((settings.invoices[0], copies.invoice))
    for section, named in sections:
        columns = named.model_dump(exclude_none=True).values()
        if columns:
            table = _quoted(url, section.table, section.schema_name)
            some = ", ".join(quote(url, column) for column in columns)
            yield _of("run_copies", table=table, columns=some)


def _counters(settings: Settings) -> list[tuple[str, str]]:
    """Return schema and name of the tables in which Sage counts its numbers, each once."""
    keys = settings.sage.profile.keys
    counters = [
        key
        for name in needed_tables(settings)
        for key in keys.get(name, {}).values()
        if isinstance(key, Counter)
    ]
    return sorted({place_of(counter)[:2] for counter in counters})


def grants(statements: Iterable[str]) -> Iterator[Grant]:
    """Yield each right on an object that the statements give."""
    for statement in statements:
        for match in _GRANT.finditer(statement):
            for right in match["rights"].split(","):
                yield Grant(right.strip(), match["what"])


def _with_role(url: URL, role: str, parts: list[str], user: str | None) -> list[str]:
    name = f"relay_{role}"
    scripts = [_of("role", role=name), *parts]
    if user is not None:
        scripts.append(_of("member", role=name, user=quote(url, user)))
    return [each for script in scripts for each in statements_of("mssql", script)]


def _of(file: str, **values: str) -> str:
    _, body = read_sql("mssql", f"rights/{file}").split("\n", 1)
    return Template(body).substitute(values)


def _quoted(url: URL, table: str, schema: str | None) -> str:
    where: TableInfo = dialect_of(url).locate(table, schema)
    return ".".join(quote(url, part) for part in (where.schema, where.name) if part is not None)


def quote(url: URL, name: str) -> str:
    """Return one part of a name for SQL text."""
    return url.get_dialect()().identifier_preparer.quote_identifier(name)
