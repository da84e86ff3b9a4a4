"""Knows the demo's story: what the clerks do, what goes wrong, and what one sees of it."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from relay.demo.company import COUNT, NO_TOWN, SECOND_OF_CLASH, YEARS, Company
from relay.demo.process import RelayProcess
from relay.demo.words import Language, word

MANY, AWAY, MEANWHILE = 120, 40, 25


class Story:
    """The scenes in their order."""

    def __init__(
        self, company: Company, relay: RelayProcess, console: Console, language: Language
    ) -> None:
        """Take the stage and the players."""
        self._company = company
        self._relay = relay
        self._console = console
        self._language: Language = language
        self._step = 0

    def tell(self) -> None:
        """Play all scenes; the relay has stopped at the end."""
        self._say("built", folder=self._company.folder, count=COUNT)
        self._company.fill()
        self._say("started", pid=self._relay.start())
        self._first_transfer()
        self._one_edit()
        self._many_edits()
        self._year_away()
        self._killed()
        self._town_missing()
        self._clash()
        self._relay.stop()
        self._say("stopped")

    def _first_transfer(self) -> None:
        self._settle("first")
        customers = self._number("SELECT COUNT(*) FROM relay_outbox WHERE status = 'applied'")
        others = self._number("SELECT COUNT(*) FROM relay_outbox WHERE status = 'not_for_sage'")
        self._say("first_done", rows=customers, others=others)

    def _one_edit(self) -> None:
        self._edit("PHONE0 = '031 300 20 10'", "ID = 1")
        self._say("one", ms=self._arrived("TelB", "031 300 20 10", 1))

    def _many_edits(self) -> None:
        rows = self._edit("STREET0 = 'Neue Gasse'", f"ID BETWEEN 101 AND {100 + MANY}")
        self._settle("many", rows=rows)

    def _year_away(self) -> None:
        away, here = YEARS
        self._company.take_away(away)
        rows = self._edit("HOUSENO0 = '99'", f"ID BETWEEN 201 AND {200 + AWAY}")
        self._settle("away", year=away, rows=rows)
        self._say("away_done", year=away, other=here, rows=rows, waiting=self._waiting())
        self._company.bring_back(away)
        self._settle("back", year=away)

    def _waiting(self) -> int:
        return self._number(
            "SELECT COUNT(*) FROM relay_outbox"
            " WHERE status = 'waiting' AND waiting_on LIKE 'year:%'"
        )

    def _killed(self) -> None:
        before = self._final()
        rows = self._edit("PHONE0 = '+41 ' || SUBSTR(PHONE0, 2)", "PHONE0 LIKE '0%'")
        self._relay.wait_for("the relay is at work", lambda: self._final() > before)
        self._relay.kill()
        self._say("killed", rows=rows, open=self._to_do())
        self._say("meanwhile", rows=self._edit("HOUSENO0 = '7b'", f"ID <= {MEANWHILE}"))
        self._relay.start()
        self._settle("again")

    def _town_missing(self) -> None:
        self._say("not_ready", text=self._problem(NO_TOWN))
        self._edit("CITY0 = 'Langnau i. E.'", f"ID = {NO_TOWN}")
        self._say("ready", ms=self._arrived("City", "Langnau i. E.", NO_TOWN))

    def _clash(self) -> None:
        self._relay.wait_for("nothing is to do", lambda: self._to_do() == 0)
        self._say("clash", text=self._problem(SECOND_OF_CLASH))

    def _edit(self, change: str, where: str) -> int:
        with self._company.clerk() as connection:
            return connection.execute(f"UPDATE ADDRESSES SET {change} WHERE {where}").rowcount  # noqa: S608 - our own words

    def _arrived(self, column: str, value: str, key: int) -> int:
        """Wait until Sage holds a value in both years; returns the milliseconds."""
        number = self._number(f"SELECT SAGENR0 FROM ADDRESSES WHERE ID = {key}")  # noqa: S608 - a number
        query = f"SELECT {column} FROM Adr WHERE AdrId = :number"  # noqa: S608 - our own name

        def there() -> bool:
            files = [self._company.year(year) for year in YEARS]
            return all(
                [row[0] for row in self._company.ask(file, query, number=str(number))] == [value]
                for file in files
            )

        return round(self._relay.wait_for(f"{value} in Sage", there) * 1000)

    def _settle(self, name: str, **values: object) -> None:
        """Show what is still to do until there is nothing that the relay could do."""

        def to_do() -> int:
            return self._to_do() + (self._waiting() if name == "back" else 0)

        open_before = to_do()
        title = word(self._language, name, **values)
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

    def _to_do(self) -> int:
        return self._number(
            "SELECT COUNT(*) FROM relay_outbox WHERE status IN ('pending', 'retrying')"
        )

    def _final(self) -> int:
        return self._number(
            "SELECT COUNT(*) FROM relay_outbox WHERE status IN ('applied', 'not_for_sage')"
        )

    def _problem(self, key: int) -> str:
        query = "SELECT error FROM relay_outbox WHERE entity_key = :key ORDER BY id DESC LIMIT 1"
        return str(self._company.ask(self._company.cobra, query, key=str(key))[0]["error"])

    def _number(self, query: str) -> int:
        return int(self._company.ask(self._company.cobra, query)[0][0])

    def _say(self, name: str, **values: object) -> None:
        self._step += 1
        self._line(word(self._language, name, **values))

    def _line(self, line: str) -> None:
        self._console.print(f"[bold]{self._step:>2}[/]  ", end="")
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
