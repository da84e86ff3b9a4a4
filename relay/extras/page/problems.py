"""Knows the list of what is held or waits: grouped by reason, filtered, sorted, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.engine import Connection
from starlette.responses import Response

from relay.admin.naming import may_name
from relay.admin.stuck import STUCK, StuckRecord, stuck_records, sums_of, with_texts
from relay.base import texts
from relay.base.codes import ended_by_time
from relay.base.sheet import write_sheet
from relay.base.values import Entity, RecordId, Status
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit
from relay.rules.invoice.invoice import About

ON_A_PAGE = 50
_NO_AMOUNT = Decimal("-Infinity")
SORTS: dict[str, Callable[[StuckRecord], Any]] = {
    "since": lambda one: one.since,
    "number": lambda one: (len(one.number), one.number),
    "customer": lambda one: one.name.casefold(),
    "amount": lambda one: _NO_AMOUNT if one.amount is None else one.amount,
}
_HEADS = {
    "record": "head_record", "number": "head_number", "customer": "head_customer",
    "currency": "page_currency", "amount": "head_amount", "status": "head_status",
    "since": "head_since", "code": "head_code", "text": "head_text",
}  # fmt: skip
"""What a line of the file tells, to the head of its column."""


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """All that is held or waits for one reason."""

    code: str
    status: str
    records: int
    sums: Mapping[str, Decimal]
    """Currency to what its invoices come to."""
    is_for_person: bool
    """Whether somebody has to do something."""


@dataclass(frozen=True, slots=True)
class ListWish:
    """What somebody asks to see; what is empty does not restrict."""

    search: str
    status: str
    code: str
    entity: str
    sort: str
    page: int

    @property
    def needs_names(self) -> bool:
        """Tell whether all records have to be named, not only those that are shown."""
        return bool(self.search) or self.sort != "since"

    def chooses(self, one: StuckRecord) -> bool:
        """Tell whether a record is among it."""
        fits = self.status in {"", one.status} and self.entity in {"", one.record.entity}
        return fits and self.code in {"", one.code or "-"} and self._is_found(one)

    def _is_found(self, one: StuckRecord) -> bool:
        sought = self.search.casefold()
        if not sought or sought in {one.record.key.casefold(), one.number.casefold()}:
            return True
        if sought in one.name.casefold() or one.number.casefold().startswith(sought):
            return True
        amount = _amount(self.search)
        return amount is not None and one.amount is not None and abs(one.amount) == abs(amount)

    def asked(self, **other: object) -> dict[str, object]:
        """Return it as an address asks for it, but for what is given otherwise."""
        own = {"q": self.search, "status": self.status, "code": self.code}
        own |= {"entity": self.entity, "sort": self.sort if self.sort != "since" else ""}
        return own | other


def _amount(text: str) -> Decimal | None:
    """Return an amount as people type it: 1'234.50, CHF 1234,50."""
    plain = "".join(c for c in text if c.isdigit() or c in ".,-").replace(",", ".")
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


def _wanted(visit: Visit) -> ListWish:
    page = visit.asked("page")
    sort = visit.asked("sort")
    return ListWish(
        search=visit.asked("q")[:200],
        status=visit.asked("status") if visit.asked("status") in set(STUCK) else "",
        code=visit.asked("code")[:50],
        entity=visit.asked("entity")[:20],
        sort=sort if sort in SORTS else "since",
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,  # noqa: PLR2004 - no number of a page is longer
    )


def _named(visit: Visit, connection: Connection, some: Sequence[StuckRecord]) -> list[StuckRecord]:
    names = visit.desk.names.of(connection, [one.record for one in some])
    return [replace(one, about=names[one.record]) for one in some]


def _chosen(
    visit: Visit, connection: Connection, here: Sequence[StuckRecord]
) -> Sequence[StuckRecord]:
    """Return those of the open records that are wanted, in order; named if that needs names."""
    wanted = _wanted(visit)
    named = _named(visit, connection, here) if wanted.needs_names else here
    chosen = [one for one in named if wanted.chooses(one)]
    if wanted.sort == "since":
        return chosen
    return sorted(chosen, key=SORTS[wanted.sort], reverse=wanted.sort == "amount")


def problems(visit: Visit, connection: Connection) -> Response:
    """Show reasons and records; named are those alone that are shown, as far as that will do."""
    wanted = _wanted(visit)
    here = stuck_records(connection)
    chosen = _chosen(visit, connection, here)
    pages = max(1, -(-len(chosen) // ON_A_PAGE))
    page = min(max(wanted.page, 1), pages)
    shown = chosen[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    invoices = [one.record for one in here if one.record.entity == Entity.INVOICE]
    groups = grouped(here, visit.desk.heads.of(connection, invoices))
    named = _named(visit, connection, shown)
    return rendered(
        visit,
        "problems",
        groups=groups,
        examples=_examples(visit, connection, here),
        records=with_texts(connection, named),
        is_named=any(one.name for one in named) or may_name(connection, visit.desk.settings),
        total=len(here),
        chosen=len(chosen),
        wanted=wanted,
        sorts=list(SORTS),
        codes=sorted({group.code or "-" for group in groups}),
        page=page,
        pages=pages,
    )


def grouped(
    records: Iterable[StuckRecord], heads: Mapping[RecordId, About | None]
) -> list[ReasonGroup]:
    """Return the reasons, what needs a person first, then the most frequent. Pure."""
    found: dict[tuple[str, str], list[StuckRecord]] = {}
    for one in records:
        found.setdefault((one.status, one.code), []).append(one)
    by_time = ended_by_time()
    groups = [
        ReasonGroup(
            code,
            status,
            len(some),
            dict(sorted(sums_of(filter(None, (heads.get(one.record) for one in some))).items())),
            status == Status.HELD or code not in by_time,
        )
        for (status, code), some in found.items()
    ]
    return sorted(groups, key=lambda g: (not g.is_for_person, -g.records, g.code))


def _examples(
    visit: Visit, connection: Connection, here: Sequence[StuckRecord]
) -> dict[tuple[str, str], str]:
    """Return what the relay says of one record of each reason."""
    one_each = {(one.status, one.code): one for one in reversed(here)}
    named = _named(visit, connection, list(one_each.values()))
    worded = with_texts(connection, named)
    return {(one.status, one.code): one.cause(visit.language) for one in worded}


def sheet(visit: Visit, connection: Connection) -> Response:
    """Send the wanted records as a file that Excel opens."""
    chosen = _chosen(visit, connection, stuck_records(connection))
    worded = with_texts(connection, _named(visit, connection, chosen))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "problems.csv"
        write_sheet(file, [visit.text(head) for head in _HEADS.values()], _lines(visit, worded))
        content = file.read_bytes()
    name = f'attachment; filename="{visit.text("page_file")}.csv"'
    return Response(
        content, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name}
    )


def _lines(visit: Visit, records: Sequence[StuckRecord]) -> Iterator[list[object]]:
    for one in records:
        yield [
            texts.record_name(one.record, visit.language), one.number, one.name, one.currency,
            one.amount, texts.status(one.status, visit.language),
            texts.shown(one.since, visit.language), one.code, one.cause(visit.language),
        ]  # fmt: skip
