"""SQL Server 2016 takes everything that the product can send, by its own parser and rules."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.judge import product, rendered
from tests.judge.judging import Text, by_both
from tests.judge.places import sending, unseen
from tests.judge.sent import Place, Sent
from tests.judge.speaking import speak
from tests.judge.work import Work
from tests.world.databases import make_databases
from tests.world.odd_sages import OddSage
from tests.world.office import Office
from tests.world.servers import SqliteServer

LEAST = 200
"""Fewer texts than these cannot be all."""
RARE = 0.1
"""The share of places that only certain accidents reach."""


def assert_accepted(texts: list[Text]) -> None:
    """Fail with all findings, one on a line."""
    found = by_both(texts)
    if found:
        pytest.fail("\n".join(map(str, found)))


def assert_at_work(sent: Sent) -> None:
    """Fail if much of what sends statements was not at work; `work` lets it happen.

    Some rare places may be missing: their own tests reach them, and are judged at the end of all.
    """
    missed = unseen(sent.places)
    told = "\n".join(f"{file}:{line}" for file, line in missed)
    assert len(missed) <= len(list(sending())) * RARE, told


@pytest.mark.timeout(300)
def test_texts() -> None:
    """Migrations, views, procedures, triggers, rights, scripts: nothing is refused."""
    texts = list(product.everything())
    assert len(texts) > LEAST
    assert_accepted(texts)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_statements(tmp_path: Path) -> None:
    """Nearly all that sends statements was at work, and none of them is refused."""
    sent = Sent()
    with sent.collecting():
        for name in ("addresses", "invoices"):
            folder = tmp_path / name
            folder.mkdir()
            work = Work(make_databases(SqliteServer(folder, tmp_path)), folder)
            getattr(work, name)()
        speak(sent.hear)
    for kind in ("counters", "views"):
        sent.places |= of_an_odd_sage(kind, tmp_path)
    assert_at_work(sent)
    assert len(sent.texts) > LEAST
    made = [*product.vendors(), *product.migrations(), *rendered.documents()]
    texts = [*made, *sent.texts.values()]
    assert_accepted(texts)


def of_an_odd_sage(kind: str, tmp_path: Path) -> set[Place]:
    """Book and change by another profile; what it sends is judged by its own tables."""
    sent = Sent()
    folder = tmp_path / kind
    folder.mkdir()
    with sent.collecting():
        office = Office(make_databases(SqliteServer(folder, tmp_path), OddSage(kind)))
        customer = office.add()
        office.invoice(customer)
        office.drain()
        office.change(customer, CITY0="Bern")
        office.drain()
    assert_accepted([*product.odd(kind), *product.migrations(), *sent.texts.values()])
    return sent.places


def test_nothing_of_it_is_shipped() -> None:
    """The parser is none of the relay's dependencies, whichever extra is chosen."""
    told = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    extras = told["project"]["optional-dependencies"].values()
    asked = " ".join(
        [*told["project"]["dependencies"], *(each for some in extras for each in some)]
    )
    wanted = (Path(__file__).parent / "requirements.txt").read_text(encoding="utf-8")
    packages = re.findall(r"^([\w-]+)==\S+", wanted, re.MULTILINE)
    assert packages
    assert [name for name in packages if re.search(rf"\b{name}\b", asked)] == []
