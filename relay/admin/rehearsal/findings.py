"""Knows what a rehearsal has found, put together: one finding for what many records met alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from relay.admin.doctor.site import Finding, error, warning
from relay.admin.rehearsal.notes import Notes
from relay.admin.rehearsal.run import Rehearsed
from relay.base.values import RecordId
from relay.database.refusals import Refusal

SHOWN = 60
"""Characters of a value that are shown."""


def findings_of(rehearsed: Sequence[Rehearsed], notes: Mapping[str, Notes]) -> list[Finding]:
    """Return what each year's database has refused, changed and added."""
    found: list[Finding] = []
    for year, seen in notes.items():
        mine = [one for one in rehearsed if one.year == year]
        of_year = [*_refused(mine), *_changed(seen)]
        found += [Finding(one.code, one.severity, one.values, f"Sage {year}") for one in of_year]
    return found


def _refused(rehearsed: Sequence[Rehearsed]) -> Iterator[Finding]:
    """Tell each kind of refusal once, with the first record that met it."""
    alike: dict[tuple[object, ...], list[tuple[RecordId, Refusal]]] = {}
    for one in rehearsed:
        if one.refusal is not None:
            refusal = one.refusal
            same = (refusal.kind, refusal.table, refusal.column, refusal.rule)
            nameless = refusal.words if refusal.table is None else ""
            alike.setdefault((*same, nameless), []).append((one.record, refusal))
    for some in alike.values():
        record, refusal = some[0]
        yield error(
            f"rehearsal_{refusal.kind}",
            table=refusal.table or "-",
            ours=refusal.known_as or refusal.table or "-",
            column=refusal.column or "-",
            rule=refusal.rule or "-",
            tag=refusal.tag or "-",
            value="?" if refusal.value is None else _short(refusal.value),
            records=len(some),
            example=f"{record.entity}:{record.key}",
            what=refusal.words,
        )


def _changed(seen: Notes) -> Iterator[Finding]:
    """Tell where other values or other rows stand than were sent, and what was not sent."""
    for (table, column), rows in seen.differing.items():
        example = seen.examples[table, column]
        yield warning(
            "rehearsal_stored_otherwise",
            table=table,
            column=column,
            rows=rows,
            key=example.key,
            sent=_short(example.sent),
            stored=_short(example.stored),
        )
    for table, tags in sorted(seen.unsent.items()):
        if tags:
            yield warning("rehearsal_unsent", table=table, tags=", ".join(tags))
    for table, rows in seen.gone.items():
        if rows:
            yield error("rehearsal_row_gone", table=table, rows=rows)
    for table, rows in seen.besides.items():
        if rows:
            code = "rehearsal_rows_besides" if rows > 0 else "rehearsal_rows_fewer"
            yield warning(code, table=table, rows=abs(rows))


def _short(value: object) -> str:
    if value is None:
        return "NULL"
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
