"""Knows the demo's story: what the clerks do, what goes wrong, and what one sees of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from relay.base import texts
from relay.extras.demo.company import (
    BOOK_FROM,
    COUNT,
    INVOICES,
    NEXT_YEAR,
    NO_TOWN,
    OPENED_LATER,
    Company,
)
from relay.extras.demo.made_up import ACCOUNTS, DemoInvoice, invoices
from relay.extras.demo.payments import OWN, lock_reminders, pay, remind
from relay.extras.demo.process import RelayProcess, Watch
from relay.extras.demo.proof import wrong_balances

THIS = 2026
MORNING, AWAY, KILLED = 120, 40, 32
"""How many invoices each scene prints; eight have stories of their own."""


class Story:
    """The scenes in their order."""

    def __init__(
        self, company: Company, relay: RelayProcess, console: Console, language: str
    ) -> None:
        """Take the stage and the players."""
        self._company = company
        self._relay = relay
        self._watch = Watch(company, relay)
        self._console = console
        self._language = language
        self._step = 0
        self._invoices = bookable(INVOICES)

    def tell(self) -> None:
        """Play all scenes; the relay has stopped at the end."""
        self._say("built", folder=self._company.folder, addresses=COUNT)
        self._company.fill()
        self._say("started", pid=self._relay.start())
        self._settle("addresses")
        self._say("addresses_done", others=self._watch.ended("not_for_sage"))
        self._first_invoices()
        self._one_edit()
        self._year_away()
        self._killed()
        self._wrong_account()
        self._account_opened_later()
        self._town_missing()
        self._cancelled()
        self._too_early()
        self._next_year()
        self._clash()
        self._paid()
        self._relay.stop()
        self._say("stopped")

    def _first_invoices(self) -> None:
        morning = self._invoices[:MORNING]
        written = self._write(morning)
        self._settle("drafts", invoices=len(morning))
        self._company.print_out(written)
        self._settle("printed", invoices=len(morning))
        self._say("printed_done", customers=len({i.customer for i in morning}), invoices=MORNING)

    def _one_edit(self) -> None:
        customer = self._invoices[0].customer
        self._edit("ADDRESSES", "PHONE0 = '031 300 20 10'", f"ID = {customer}")
        self._say("one", ms=self._watch.arrived("TelB", "031 300 20 10", customer))

    def _year_away(self) -> None:
        away = "MUSTER2026"
        self._company.take_away(away)
        some = self._invoices[MORNING : MORNING + AWAY]
        self._write_and_print(some)
        self._settle("away", year=away, invoices=len(some))
        self._say("away_done", year=away, waiting=self._watch.waiting())
        self._company.bring_back(away)
        self._settle("back", year=away)

    def _killed(self) -> None:
        some = self._invoices[MORNING + AWAY : MORNING + AWAY + KILLED]
        written = self._write(some)
        before = self._watch.ended("applied")
        self._company.print_out(written)
        self._edit("ADDRESSES", "STREET0 = 'Neue Gasse'", "ID BETWEEN 101 AND 220")
        self._relay.wait_for("the relay is at work", lambda: self._watch.ended("applied") > before)
        self._relay.kill()
        self._say("killed", invoices=len(some), open=self._watch.to_do())
        self._relay.start()
        self._settle("again")

    def _wrong_account(self) -> None:
        invoice = self._own(0)
        wrong = replace(invoice.positions[0], account="9999")
        self._write_and_print([replace(invoice, positions=(wrong, *invoice.positions[1:]))])
        self._say("wrong_account", text=self._watch.problem(invoice.number))
        right = f"ACCOUNT = '{ACCOUNTS[invoice.mandant][0]}'"
        self._edit("POSITIONS", right, "ACCOUNT = '9999'")
        self._say("right_account", ms=self._watch.booked(invoice.number))

    def _account_opened_later(self) -> None:
        invoice = self._of_muster(1)
        new = replace(invoice.positions[0], account=OPENED_LATER)
        self._write_and_print([replace(invoice, positions=(new,))])
        self._say("no_account", text=self._watch.problem(invoice.number))
        with self._company.writing(self._company.year("MUSTER2026")) as sage:
            sage.execute("INSERT INTO Acc (AccId) VALUES (?)", (OPENED_LATER,))
        self._say("account_opened", ms=self._watch.booked(invoice.number))

    def _town_missing(self) -> None:
        invoice = replace(self._of_muster(2), customer=NO_TOWN)
        self._write_and_print([invoice])
        self._say("not_ready", text=self._watch.problem(invoice.number))
        self._edit("ADDRESSES", "CITY0 = 'Langnau i. E.'", f"ID = {NO_TOWN}")
        self._say("ready", ms=self._watch.booked(invoice.number))

    def _cancelled(self) -> None:
        number = self._invoices[1].number
        self._edit("INVOICES", "CANCELLED = 1", f"NUMBER = '{number}'")
        self._settle("cancelled", number=number)

    def _too_early(self) -> None:
        invoice = replace(self._of_muster(3), day=date(2025, 6, 30))
        self._write_and_print([invoice])
        self._settle("too_early", day=invoice.day, start=BOOK_FROM)

    def _next_year(self) -> None:
        invoice = replace(self._of_muster(4), day=date(2027, 1, 4))
        self._write_and_print([invoice])
        self._say("no_year", text=self._watch.problem(invoice.number))
        self._company.configure(NEXT_YEAR, "MUSTER")
        self._relay.stop()
        self._relay.start()
        self._say("year_added", year=NEXT_YEAR, ms=self._watch.booked(invoice.number))

    def _clash(self) -> None:
        taken = self._own(1).number
        invoice = replace(self._of_muster(5), number=taken)
        self._write_and_print([invoice])
        self._relay.wait_for("nothing is to do", lambda: self._watch.to_do() == 0)
        self._say("clash", text=self._watch.problem(invoice.number))

    def _paid(self) -> None:
        whole, part, reminded, locked = (self._muster_of_morning(place) for place in range(4))
        pay(self._company, whole, OWN)
        pay(self._company, part, OWN + 1, parts=2)
        self._say("paid", whole=whole, part=part, ms=self._watch.paid(whole, part))
        remind(self._company, reminded)
        lock_reminders(self._company, locked)
        ms = self._watch.reminded(reminded, locked)
        self._say("reminded", reminded=reminded, locked=locked, ms=ms)
        self._relay.wait_for("all balances", lambda: not wrong_balances(self._company))

    def _muster_of_morning(self, place: int) -> str:
        """Return the number of one of the first mandant's invoices of this year."""
        some = [i for i in self._invoices[2:MORNING] if i.mandant == "1" and i.day.year == THIS]
        return some[place].number

    def _own(self, place: int) -> DemoInvoice:
        """Return one of the invoices that no other scene prints."""
        return self._invoices[MORNING + AWAY + KILLED + place]

    def _of_muster(self, place: int) -> DemoInvoice:
        """Return such an invoice as one of the first mandant, of this year."""
        own = self._own(place)
        positions = tuple(replace(p, account="3200", centre="LADEN") for p in own.positions)
        return replace(own, mandant="1", day=date(2026, 3, 15), positions=positions)

    def _write(self, some: list[DemoInvoice]) -> dict[int, DemoInvoice]:
        return {self._company.write(invoice): invoice for invoice in some}

    def _write_and_print(self, some: list[DemoInvoice]) -> None:
        self._company.print_out(self._write(some))

    def _edit(self, table: str, change: str, where: str) -> int:
        with self._company.clerk() as connection:
            return connection.execute(f"UPDATE {table} SET {change} WHERE {where}").rowcount  # noqa: S608 - our own words

    def _settle(self, name: str, **values: object) -> None:
        """Show what is still to do until there is nothing that the relay could do."""

        def to_do() -> int:
            return self._watch.to_do() + (self._watch.waiting() if name == "back" else 0)

        open_before = to_do()
        title = texts.text(f"demo_{name}", self._language, **values)
        self._step += 1
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        ) as progress:  # fmt: skip
            task = progress.add_task(title, total=max(open_before, 1))

            def done() -> bool:
                left = to_do()
                progress.update(task, completed=max(open_before - left, 0))
                return left == 0

            seconds = self._relay.wait_for(title, done)
        self._line(f"{title} ({open_before}, {seconds:.1f} s)")

    def _say(self, name: str, **values: object) -> None:
        self._step += 1
        self._line(texts.text(f"demo_{name}", self._language, **values))

    def _line(self, line: str) -> None:
        self._console.print(f"[bold]{self._step:>2}[/]  ", end="")
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def bookable(count: int) -> list[DemoInvoice]:
    """Make up invoices with which nothing is wrong."""
    customers = [key for key in range(1, COUNT + 1) if key != NO_TOWN and key % 12]
    return [_with_open_accounts(invoice) for invoice in invoices(count, customers)]


def _with_open_accounts(invoice: DemoInvoice) -> DemoInvoice:
    """Return an invoice none of whose accounts is opened only later."""
    positions = tuple(
        replace(p, account="3000") if p.account == OPENED_LATER else p for p in invoice.positions
    )
    return replace(invoice, positions=positions)
