"""The baseline: the same rows read and written in the same transactions by the bare driver.

Written by hand for this one configuration: no checks, no plans, no errors, nothing held. How many
rows are written by few statements the driver says: `Bare` does it with `executemany`, as programs
that use the driver itself do, `BareJson` as well as SQL Server allows.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.engine import Engine

from tests.bench.bare import Bare, Row

ADR = (
    "AdrId", "Corp", "Line1", "Line2", "Road", "ACode", "City", "CCode", "Lang", "Salut", "Title",
    "Sort", "TelB", "TelP", "TelN", "TelF",
)  # fmt: skip
"""The columns of an address in Sage that the relay reads."""
SENT = ("ACode", "CCode", "City", "Corp", "Lang", "Line1", "Line2", "Road", "Salut", "TelB")
"""Those that it writes."""
LANGUAGES = {"deutsch": "D", "français": "F", "italiano": "I"}
OPEN = "('pending', 'retrying', 'waiting', 'held')"


class Notice(NamedTuple):
    """An open entry."""

    id: int
    uid: Any
    key: str


class Done(NamedTuple):
    """What was done for an entry in a year."""

    entry: int
    year: str
    sage_key: str
    sent: str


class Baseline(ABC):
    """Carries the records of one entity over, batch by batch."""

    entity: str

    def __init__(
        self, cobra: Engine, years: Mapping[str, Engine], driver: type[Bare] = Bare
    ) -> None:
        """Connect to all databases."""
        self.cobra = driver(cobra)
        self.years = {name: driver(year) for name, year in years.items()}
        ((self.epoch,),) = self.cobra.rows("SELECT epoch FROM relay.identity WHERE id = 1")

    def close(self) -> None:
        """Disconnect from all."""
        for bare in (self.cobra, *self.years.values()):
            bare.close()

    def step(self, limit: int) -> int:
        """Carry one batch over; returns how many records it had."""
        cobra = self.cobra
        with cobra.transaction():
            due = cobra.first(
                limit,
                "SELECT id, entity, entity_key FROM relay.outbox WHERE status = 'pending'"
                " ORDER BY id",
            )
        if not due:
            return 0
        keys = list(dict.fromkeys(key for _, _, key in due))
        of_keys = f"entity = '{self.entity}' AND entity_key IN ?*"
        with cobra.transaction():
            listed = cobra.among(
                "SELECT o.id, o.uid, o.entity_key, o.operation, o.cause, o.status, o.attempts,"
                " d.year, d.status, d.attempts FROM relay.outbox o"
                " LEFT JOIN relay.delivery d ON d.outbox_id = o.id"
                f" WHERE o.status IN {OPEN} AND {of_keys} ORDER BY o.id",
                keys,
            )
        notices = [Notice(*row[:3]) for row in listed]
        read = self.read(keys)
        with cobra.transaction():
            pending = f"SELECT id, entity, entity_key FROM relay.outbox WHERE {of_keys}"
            again = cobra.among(f"{pending} AND status = 'pending'", keys)
        if len(again) != len(notices):
            raise AssertionError(len(again))
        self._acknowledge(notices, self.apply(notices, read))
        return len(keys)

    @abstractmethod
    def read(self, keys: Sequence[str]) -> Any:
        """Read the records in cobra."""

    @abstractmethod
    def apply(self, notices: Sequence[Notice], read: Any) -> list[Done]:
        """Write the records in Sage."""

    def _acknowledge(self, notices: Sequence[Notice], done: Sequence[Done]) -> None:
        cobra = self.cobra
        with cobra.transaction():
            self.prove()
            if self.entity == "address":
                cobra.each(
                    "UPDATE relay.outbox SET status = 'pending' WHERE status = 'waiting'"
                    " AND waiting_on IN ?*",
                    [f"address:{notice.key}" for notice in notices],
                )
            cobra.insert(
                "relay.delivery",
                "outbox_id, year, sage_key, sent",
                done,
                {"status": "'applied'", "attempts": "1", "updated_at": "NOW"},
            )
            cobra.each(
                "UPDATE relay.outbox SET status = 'applied', attempts = attempts + 1,"
                " next_attempt_at = NULL, waiting_on = NULL, reason = NULL, error_code = NULL,"
                " error = NULL, finished_at = NOW, applied_by = id"
                f" WHERE id IN ?* AND status IN {OPEN}",
                [notice.id for notice in notices],
            )
            newest = max(notices)
            cobra.update(
                "relay.year",
                "acked_id, acked_uid",
                "name",
                [(newest.id, newest.uid, year) for year in {each.year for each in done}],
            )

    def prove(self) -> None:
        """Begin a transaction that writes to cobra."""
        self.cobra.one(
            "UPDATE relay.identity SET epoch = ? WHERE id = 1 AND epoch = ?", self.epoch, self.epoch
        )

    def raise_fence(self, bare: Bare) -> None:
        """Begin a transaction on a Sage year."""
        bare.one(
            "UPDATE relay.peer SET epoch = ? WHERE id = 1 AND epoch <= ?", self.epoch, self.epoch
        )

    def ledgered(self, bare: Bare, year: str, notices: Sequence[Notice]) -> list[Row]:
        """Ask a year which entries it knows."""
        query = f"SELECT uid FROM relay.applied WHERE year = '{year}' AND uid IN ?*"
        return bare.among(query, [notice.uid for notice in notices])

    def write_ledger(self, bare: Bare, year: str, notices: Sequence[Notice]) -> None:
        """Write that a year has these entries."""
        bare.insert(
            "relay.applied",
            "uid, year, outbox_id, entity, entity_key",
            [(notice.uid, year, notice.id, self.entity, notice.key) for notice in notices],
            {"applied_at": "NOW"},
        )
        newest = max(notices)
        bare.one(
            "UPDATE relay.peer SET newest_id = ?, newest_uid = ?"
            " WHERE id = 1 AND (newest_id IS NULL OR newest_id < ?)",
            newest.id, newest.uid, newest.id,
        )  # fmt: skip

    def addresses(self, keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """Read addresses in cobra: key to what Sage is to hold, by tag."""
        with self.cobra.transaction():
            rows = self.cobra.among(
                "SELECT CAST(ID AS varchar(450)), SAGENR0, SALUTATION0, COMPANY1, COMPANY2,"
                " LASTNAME0, FIRSTNAME0, STREET0, HOUSENO0, ZIP0, CITY0, COUNTRY0, LANGUAGE0,"
                " PHONE0, TERMS0, ADDRTYPE0, DELETED0, CHANGEDBY0, MAINID FROM dbo.ADDRESSES"
                " WHERE ID IN ?*",
                [int(key) for key in keys],
            )
        return {row[0]: _address(row) for row in rows}

    def stands(
        self, bare: Bare, wanted: Mapping[str, dict[str, str]]
    ) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
        """Read links (key to content) and addresses (number to row) in a year."""
        links = "SELECT entity_key, number, content FROM relay.link WHERE"
        numbers = [row["AdrId"] for row in wanted.values()]
        known = bare.among(f"{links} entity_key IN ?*", list(wanted))
        owned = {number for _, number, _ in known}
        bare.among(f"{links} number IN ?*", [n for n in numbers if n not in owned])
        query = f"SELECT {', '.join(ADR)} FROM dbo.Adr WHERE AdrId IN ?*"
        rows = {
            row[0]: {tag: value or "" for tag, value in zip(ADR, row, strict=True)}
            for row in bare.among(query, numbers)
        }
        return {key: json.loads(content) for key, _, content in known}, rows


class Addresses(Baseline):
    """Carries addresses over: to every year, new ones and changed ones."""

    entity = "address"

    def read(self, keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """Read the addresses."""
        return self.addresses(keys)

    def apply(self, notices: Sequence[Notice], read: dict[str, dict[str, str]]) -> list[Done]:
        """Write them to each year."""
        done = []
        asked: set[str] = set()
        for year, bare in self.years.items():
            with bare.transaction():
                self.raise_fence(bare)
                self.ledgered(bare, year, notices)
                links, rows = self.stands(bare, read)
                new = {key: row for key, row in read.items() if key not in links}
                _alike(bare, new)
                self._confirmed(sorted(new.keys() - asked))
                asked |= new.keys()
                sent = _write_addresses(bare, read, links, rows)
                self.write_ledger(bare, year, notices)
            done += [
                Done(notice.id, year, read[notice.key]["AdrId"], as_json(sent[notice.key]))
                for notice in notices
            ]
        return done

    def _confirmed(self, keys: Sequence[str]) -> None:
        """Read what people decided about new addresses."""
        with self.cobra.transaction():
            self.cobra.among(
                "SELECT entity_key, number, debtor, cobra, seen FROM relay.decision"
                " WHERE entity = 'address' AND decision = 'link' AND entity_key IN ?*",
                keys,
            )


def _alike(bare: Bare, new: Mapping[str, dict[str, str]]) -> None:
    """Read the addresses in Sage that have the name of a new one."""
    bare.among(
        "SELECT AdrId, Corp, ACode, Road FROM dbo.Adr WHERE UPPER(Corp) IN ?*",
        sorted({row["Corp"].upper() for row in new.values()}),
    )


def _write_addresses(
    bare: Bare,
    wanted: Mapping[str, dict[str, str]],
    links: Mapping[str, dict[str, str]],
    rows: Mapping[str, dict[str, str]],
) -> dict[str, dict[str, str]]:
    """Insert new addresses and change known ones; returns what was sent of each."""
    new = {key: row for key, row in wanted.items() if key not in links}
    stands = {key: rows[wanted[key]["AdrId"]] for key in links}
    changed = {
        key: {tag: wanted[key][tag] for tag in SENT if wanted[key][tag] != stands[key][tag]}
        for key in links
    }
    columns = ("AdrId", *SENT)
    bare.insert(
        "dbo.Adr", ", ".join(columns), [[row[tag] for tag in columns] for row in new.values()]
    )
    tags = sorted({tag for row in changed.values() for tag in row})
    if tags:
        bare.update(
            "dbo.Adr",
            ", ".join(tags),
            "AdrId",
            [
                [*(row.get(tag, stands[key][tag]) for tag in tags), wanted[key]["AdrId"]]
                for key, row in changed.items()
            ],
        )
    content = {key: as_json({tag: row[tag] for tag in SENT}) for key, row in wanted.items()}
    bare.insert(
        "relay.link",
        "entity_key, number, content",
        [(key, row["AdrId"], content[key]) for key, row in new.items()],
        {"linked_at": "NOW", "updated_at": "NOW"},
    )
    now = {"updated_at": "NOW"}
    changes = [(content[key], key) for key in changed]
    bare.update("relay.link", "content", "entity_key", changes, now)
    return new | changed


def _address(row: Row) -> dict[str, str]:
    """Return what Sage is to hold of an address, by tag."""
    (_, number, salutation, firm, firm2, last, first, street, house, zip_, city, country, language,
     phone, *_) = row  # fmt: skip
    return {
        "AdrId": number,
        "Corp": firm[:31],
        "Line1": firm2[:31],
        "Line2": f"{first} {last}"[:31],
        "Road": f"{street} {house}"[:31],
        "ACode": zip_,
        "City": city[:25],
        "CCode": country,
        "Lang": LANGUAGES[language],
        "Salut": salutation,
        "TelB": phone[:21],
    }


def as_json(value: Mapping[str, Any]) -> str:
    """Return JSON as the relay writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
