"""Knows how a morning letter reads: plain text and HTML of the same blocks, and a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from html import escape
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from relay.admin.stuck import StuckRecord, sums_of
from relay.base import texts
from relay.base.errors import Refused
from relay.base.sheet import write_sheet, write_workbook
from relay.extras.mail.letter import enveloped, recipients
from relay.extras.mail.morning import NAMED, Morning, Sums, Transferred
from relay.extras.mail.trouble import Role, for_bookkeeper, is_also_for_admin, role_of
from relay.settings.parts import Mail

_HEADS = (
    "head_record", "head_customer", "page_currency", "head_amount", "head_status", "head_since",
    "head_text",
)  # fmt: skip
_EXCEL = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_CSV = ("text", "csv")


@dataclass(frozen=True, slots=True)
class CauseOfSome:
    """What is the matter with some records."""

    text: str
    count: str
    records: Sequence[str]


@dataclass(slots=True)
class Block:
    """A part of the letter."""

    head: str
    lines: list[str] = field(default_factory=list)
    causes: list[CauseOfSome] = field(default_factory=list)


def morning_letter(mail: Mail, role: Role, news: Morning, language: str, host: str) -> EmailMessage:
    """Return the letter to a role; if the other one has no address it tells all."""
    own = [one for one in news.open if _concerns(role, one)]
    alone = not recipients(mail, _other(role))
    wanted = list(news.open) if alone else own
    done, open_ = _booked(news.done, language), _open(wanted, language)
    subject = texts.text("morning_subject", language, done=done, open=open_)
    message = enveloped(mail, role, subject)
    blocks = list(_blocks(role, news, language, alone=alone))
    end = texts.text("morning_end", language, host=host)
    head = texts.text("morning_since", language, since=news.since)
    message.set_content("\n".join(_as_text(head, blocks, end)) + "\n")
    message.add_alternative("".join(_as_html(head, blocks, end, language)), subtype="html")
    if wanted:
        content, kind, name = _table(wanted, role, language)
        message.add_attachment(content, maintype=kind[0], subtype=kind[1], filename=name)
    return message


def _other(role: Role) -> Role:
    return Role.ADMIN if role is Role.BOOKKEEPER else Role.BOOKKEEPER


def _concerns(role: Role, one: StuckRecord) -> bool:
    if role is Role.BOOKKEEPER:
        return role_of(one) is Role.BOOKKEEPER
    return role_of(one) is Role.ADMIN or is_also_for_admin(one.text)


def _booked(done: Transferred, language: str) -> str:
    sums = _amounts(done.sums or {}, language)
    return texts.text("morning_booked", language, count=done.booked, sums=sums)


def _open(records: Sequence[StuckRecord], language: str) -> str:
    if not records:
        return texts.text("morning_nothing_open", language)
    sums = _amounts(sums_of(one.about for one in records if one.about), language)
    return texts.text("morning_open", language, count=len(records), sums=sums)


def _amounts(sums: Sums, language: str) -> str:
    """Return sums after a comma, or nothing."""
    shown = (f"{currency} {texts.shown(sum_, language)}".strip() for currency, sum_ in sums.items())
    return "".join(f", {one}" for one in shown)


def _blocks(role: Role, news: Morning, language: str, *, alone: bool) -> Iterator[Block]:
    yield _summary(news, language)
    roles = (role, _other(role)) if alone else (role,)
    for whose in roles:
        found = [one for one in news.open if _concerns(whose, one)]
        technical = list(news.technical) if whose is Role.ADMIN else []
        if found or technical:
            head = texts.text(f"morning_for_{whose}", language, what=_open(found, language))
            yield Block(head, technical, list(_causes(found, whose, language)))
    if news.settled:
        head = texts.text("mail_ended", language, count=news.settled_count)
        more = _more(news.settled_count - len(news.settled), language)
        yield Block(head, [*news.settled, *more])


def _summary(news: Morning, language: str) -> Block:
    done = news.done
    lines = [_booked(done, language)]
    codes = (
        ("morning_taken_back", done.taken_back),
        ("morning_addresses", done.addresses),
        ("morning_by_itself", news.by_itself),
    )
    lines += [texts.text(code, language, count=count) for code, count in codes if count]
    if not news.open and not news.technical:
        lines.append(texts.text("morning_all_well", language))
    return Block(texts.text("morning_done", language), lines)


def _causes(records: Sequence[StuckRecord], role: Role, language: str) -> Iterator[CauseOfSome]:
    """Group records by what is the matter, the most frequent first; name the first of all."""
    of_cause: dict[str, list[StuckRecord]] = {}
    for one in records:
        of_cause.setdefault(_cause(one, role, language), []).append(one)
    left = NAMED
    for text, some in sorted(of_cause.items(), key=lambda item: -len(item[1])):
        named = list(islice(some, left))
        left -= len(named)
        lines = [_named(one, language) for one in named]
        more = _more(len(some) - len(named), language)
        yield CauseOfSome(text, _open(some, language), [*lines, *more])


def _cause(one: StuckRecord, role: Role, language: str) -> str:
    cause = one.cause(language)
    if cause == one.text:  # it was named otherwise then
        cause = cause.partition(": ")[2] or cause
    return for_bookkeeper(cause) if role is Role.BOOKKEEPER else cause


def _named(one: StuckRecord, language: str) -> str:
    name, since = one.called(language), one.since
    return texts.text("morning_record", language, name=name, since=since)


def _more(count: int, language: str) -> list[str]:
    return [texts.text("mail_more", language, count=count)] if count else []


def _as_text(head: str, blocks: Iterable[Block], end: str) -> Iterator[str]:
    yield from (head, "")
    for block in blocks:
        yield from (block.head, "", *(f"* {line}" for line in block.lines))
        for cause in block.causes:
            yield from (f"{cause.text} ({cause.count})", *(f"  * {one}" for one in cause.records))
        yield ""
    yield end


_STYLE = {
    "body": "font-family: sans-serif; line-height: 1.4; max-width: 50em",
    "h2": "font-size: 1.1em; margin: 1.2em 0 0.3em",
}
"""Of the tags themselves: a mail program takes no style sheet."""


def _as_html(head: str, blocks: Iterable[Block], end: str, language: str) -> Iterator[str]:
    """Yield the parts; what people have typed is shown, never read as HTML."""
    yield f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
    yield f'<body style="{_STYLE["body"]}"><p>{escape(head)}</p>'
    for block in blocks:
        yield f'<h2 style="{_STYLE["h2"]}">{escape(block.head)}</h2>'
        yield from _list(block.lines)
        for cause in block.causes:
            yield f"<p>{escape(cause.text)} <b>({escape(cause.count)})</b></p>"
            yield from _list(cause.records)
    yield f"<p>{escape(end)}</p></body></html>"


def _list(lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _table(
    records: Sequence[StuckRecord], role: Role, language: str
) -> tuple[bytes, tuple[str, str], str]:
    """Return the open records as a workbook; as a text that Excel opens where that cannot be."""
    heads = [texts.text(head, language) for head in _HEADS]
    rows = [_row(one, role, language) for one in records]
    name = texts.text("morning_file", language)
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.xlsx"
        try:
            write_workbook(file, heads, rows)
        except Refused:  # the package that writes workbooks is not there
            file = file.with_suffix(".csv")
            write_sheet(file, heads, rows)
        return file.read_bytes(), _EXCEL if file.suffix == ".xlsx" else _CSV, file.name


def _row(one: StuckRecord, role: Role, language: str) -> list[object]:
    # What waits for the admin anyway is said in full, whoever reads it.
    is_books = role is Role.BOOKKEEPER and role_of(one) is Role.BOOKKEEPER
    return [
        texts.record_name(one.record, language, one.number),
        one.name,
        one.currency,
        one.amount,
        texts.status(one.status, language),
        one.since,
        _cause(one, Role.BOOKKEEPER if is_books else Role.ADMIN, language),
    ]
