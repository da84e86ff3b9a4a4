"""Knows what of a journal concerns a mandant, and how that is set as a PDF, with a signature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from fpdf import FPDF, XPos, YPos
from fpdf.enums import TableBordersLayout, TextEmphasis
from fpdf.fonts import FontFace

from relay.admin.journal import Decided, Difference, Journal, Remark, Total, both_sums, cells, money
from relay.base import texts
from relay.base.errors import Refused
from relay.base.files import why
from relay.extras.paper.fonts import Fonts, find_fonts


@dataclass(frozen=True, slots=True)
class Paper:
    """What a mandant's journal tells."""

    mandant: str
    first: date
    last: date
    made_at: datetime
    invoices: int
    rows: Sequence[Total]
    differences: Sequence[Difference]
    remarks: Sequence[Remark]
    decisions: Sequence[Decided]


def of_mandant(
    found: Journal, mandant: str, days: tuple[date, date], decisions: Iterable[Decided]
) -> Paper:
    """Return what concerns a mandant."""
    own = {one.key for one in found.printed if one.mandant == mandant}
    return Paper(
        mandant=mandant,
        first=days[0],
        last=days[1],
        made_at=datetime.now().astimezone(),
        invoices=len(own),
        rows=[row for row in found.rows if row.group.mandant == mandant],
        differences=[one for one in found.differences if one.mandant == mandant],
        remarks=[one for one in found.remarks if one.key in own],
        decisions=[one for one in decisions if one.invoice.mandant == mandant],
    )


_SMALL, _NORMAL, _LARGE = 8, 10, 15
_MARGIN_MM = 15
_GREY = 230


def write_journal(file: Path, paper: Paper, language: str) -> None:
    """Write a mandant's journal.

    Raises:
        Refused: `cli_file_not_written`.
    """
    sheet = _Sheet(paper, language, find_fonts())
    sheet.begin()
    sheet.put_sums()
    sheet.put_differences()
    sheet.put_decisions()
    sheet.put_signature()
    try:
        file.write_bytes(bytes(sheet.output()))
    except OSError as error:
        raise Refused("cli_file_not_written", file=file, what=why(error)) from None


class _Sheet(FPDF):
    """One document, with its running foot."""

    def __init__(self, paper: Paper, language: str, fonts: Fonts | None) -> None:
        super().__init__(format="A4")
        self._paper = paper
        self._language = language
        self._family = "helvetica" if fonts is None else "own"
        self._has_all_letters = fonts is not None
        if fonts is not None:
            self.add_font("own", "", fonts.plain)
            self.add_font("own", "B", fonts.bold)
        self.set_margin(_MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=_MARGIN_MM + 5)
        self.set_lang(language)
        self.set_creator("cobra-sage-relay")
        self.set_creation_date(paper.made_at)
        self.set_title(self.say("paper_title", mandant=paper.mandant, **self._days()))

    def begin(self) -> None:
        """Begin the first page."""
        paper = self._paper
        self.add_page()
        self._line(self.say("paper_title", mandant=paper.mandant, **self._days()), _LARGE, "B")
        self._line(self.say("paper_made", at=paper.made_at, count=paper.invoices), _SMALL)
        self._line(self.say("paper_reads"), _SMALL)
        if not self._has_all_letters:
            self._line(self.say("paper_letters"), _SMALL)

    def put_sums(self) -> None:
        """Put what cobra printed against what Sage holds, by VAT key and account."""
        rows = self._paper.rows
        heads = (
            "head_vat", "head_account", "head_cobra_net", "head_cobra_tax", "head_sage_net",
            "head_sage_tax", "head_difference",
        )  # fmt: skip
        lines = [
            [row.group.tax_key or "-", row.group.account, *cells(row.cobra, row.sage)]
            for row in rows
        ]
        total = [self.say("journal_total"), "", *cells(*both_sums(rows))]
        self._head(self.say("paper_sums"))
        widths = (18, 22, 28, 28, 28, 28, 28)
        self._table(heads, [*lines, total], widths, "LLRRRRR", ends_in_total=True)

    def put_differences(self) -> None:
        """Put what Sage does not have as cobra has it, and what it has on another day."""
        paper = self._paper
        self._head(self.say("paper_differences"))
        if not paper.differences:
            self._line(self.say("journal_agrees"), _NORMAL)
        else:
            heads = (
                "head_number", "head_customer", "head_date", "head_cobra", "head_sage",
                "head_reason", "head_text",
            )  # fmt: skip
            lines = [self._of_difference(one) for one in paper.differences]
            self._table(heads, lines, (20, 33, 20, 19, 19, 26, 43), "LLLRRLL")
        for remark in paper.remarks:
            self._line(self.say("journal_remark", **asdict(remark)), _SMALL)

    def _of_difference(self, one: Difference) -> list[str]:
        note = one.note(self._language) if one.problem or one.text else ""  # the reason says it
        day = "" if one.day is None else texts.shown(one.day, self._language)
        cobra = "?" if one.cobra is None else money(one.cobra.gross)
        reason = self.say(f"reason_{one.reason}")
        return [one.number, one.customer, day, cobra, money(one.sage.gross), reason, note]

    def put_decisions(self) -> None:
        """Put what people decided of these invoices."""
        self._head(self.say("paper_decisions"))
        decisions = self._paper.decisions
        if not decisions:
            self._line(self.say("paper_nothing_decided"), _NORMAL)
            return
        heads = (
            "head_number", "head_customer", "head_decision", "head_when", "head_by", "head_reason",
        )  # fmt: skip
        lines = [
            [
                one.invoice.number, one.invoice.customer, self.say(f"paper_{one.action}"),
                texts.shown(one.at, self._language), one.who, one.reason,
            ]
            for one in decisions
        ]  # fmt: skip
        self._table(heads, lines, (22, 36, 24, 30, 24, 44), "LLLLLL")

    def put_signature(self) -> None:
        """Leave room for who has checked it, all on one page."""
        with self.offset_rendering() as tried:
            self._put_signature()
        if tried.page_break_triggered:
            self.add_page()
        self._put_signature()

    def _put_signature(self) -> None:
        self.ln(14)
        self._line(self.say("paper_checked"), _NORMAL)
        self.ln(14)
        width = (self.epw - 20) / 3
        for what in (self.say("paper_place"), self.say("paper_name"), self.say("paper_signature")):
            self._font(_SMALL)
            self.cell(width, 5, self._clean(what), border="T")
            self.set_x(self.get_x() + 10)
        self.ln(6)

    def footer(self) -> None:
        """Put the running foot: whose it is, and the page."""
        self.set_y(-_MARGIN_MM)
        self._font(_SMALL)
        own = self.say("paper_title", mandant=self._paper.mandant, **self._days())
        self.cell(self.epw / 2, 5, self._clean(own))
        page = self.say("paper_page", page=self.page_no(), pages="{nb}")
        self.cell(self.epw / 2, 5, page, align="R")

    def _days(self) -> dict[str, date]:
        return {"first": self._paper.first, "last": self._paper.last}

    def say(self, code: str, /, **values: object) -> str:
        """Return a text of the catalogue."""
        return texts.text(code, self._language, **values)

    def _clean(self, text: str) -> str:
        """Return a text with the letters that the font has."""
        if self._has_all_letters:
            return text
        return text.replace("\u2026", "...").encode("latin-1", "replace").decode("latin-1")

    def _font(self, size: int, style: TextEmphasis | str = "") -> None:
        self.set_font(self._family, style, size)

    def _head(self, text: str) -> None:
        self.ln(4)
        self._line(text, _NORMAL + 1, "B")

    def _line(self, text: str, size: int, style: str = "") -> None:
        self._font(size, style)
        self.multi_cell(
            self.epw, size * 0.5, self._clean(text), align="L",
            new_x=XPos.LMARGIN, new_y=YPos.NEXT,
        )  # fmt: skip

    def _table(
        self,
        heads: Sequence[str],
        lines: Sequence[Sequence[str]],
        widths: Sequence[int],
        align: str,
        *,
        ends_in_total: bool = False,
    ) -> None:
        """Put a table whose heads, by their codes, come again on each page."""
        self._font(_SMALL)
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(widths),
            text_align=tuple(align),
            headings_style=FontFace(emphasis="BOLD", fill_color=_GREY),
            line_height=_SMALL * 0.5,
            padding=0.7,
        ) as table:
            table.row([self._clean(self.say(head)) for head in heads])
            for at, line in enumerate(lines, 1):
                is_total = ends_in_total and at == len(lines)
                style = FontFace(emphasis="BOLD") if is_total else None
                table.row([self._clean(cell) for cell in line], style=style)
