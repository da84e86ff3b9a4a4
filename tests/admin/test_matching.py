"""Which record of Sage may be which of cobra's, and what speaks against it."""

from __future__ import annotations

from typing import Any

from relay.admin.adoption.matching import Account, Ours, Proposal, Theirs, match, plain
from relay.rules.address.check import Checked

PLACE = {"ACode": "3550", "City": "Langnau", "Road": "Dorf 1"}


def ours(key: str, number: str, name: str = "Müller AG", **more: Any) -> Ours:
    row = PLACE | {"Corp": name} | more.get("row", {})
    state = Checked(number, selected=True, row=row, debtor_number=more.get("debtor", number))
    return Ours(key, state, more.get("uid", ""))


def theirs(*rows: tuple[str, str], **more: Any) -> Theirs:
    place = PLACE | more.get("row", {})
    found = {number: place | {"AdrId": number, "Corp": name} for number, name in rows}
    return Theirs(
        found, more.get("accounts", {}), more.get("links", {}), {}, more.get("before", {})
    )


def pairs(mine: list[Ours], *years: Theirs) -> list[Proposal]:
    named = {f"Y{at}": held for at, held in enumerate(years, start=1)}
    return match(mine, named, ["1100"])


def test_equal_number_and_name_is_a_proposal_without_doubt() -> None:
    """Case, accents and punctuation are no difference; it still has to be confirmed."""
    (pair,) = pairs([ours("1", "7", "MUELLER, A.G.")], theirs(("7", "Müller AG")))
    assert (pair.number, pair.doubts, tuple(pair.rows)) == ("7", (), ("Y1",))
    assert plain("Zoë & Söhne") == "zoesoehne"


def test_each_doubt_has_its_reason() -> None:
    """Other name, other place, other number, several on either side, linked elsewhere, UID."""
    found = pairs([ours("1", "7")], theirs(("7", "Meier AG"), row={"City": "Bern"}))
    assert found[0].doubts == ("doubt_other_name", "doubt_other_place")
    found = pairs([ours("1", "7")], theirs(("8", "Müller AG")))
    assert found[0].doubts == ("doubt_other_number",)
    found = pairs([ours("1", "7")], theirs(("7", "Müller AG"), ("8", "Müller AG")))
    assert [pair.doubts for pair in found] == [
        ("doubt_several",), ("doubt_other_number", "doubt_several"),
    ]  # fmt: skip
    found = pairs([ours("1", "7"), ours("2", "7")], theirs(("7", "Müller AG")))
    assert [pair.doubts for pair in found] == [("doubt_several_ours",)] * 2
    found = pairs([ours("1", "7")], theirs(("7", "Müller AG"), links={"9": "7"}))
    assert found[0].doubts == ("doubt_linked",)
    same = [ours("1", "7", uid="CHE-1"), ours("2", "8", "Berger", uid="CHE-1")]
    assert pairs(same, theirs(("7", "Müller AG")))[0].doubts == ("doubt_uid",)


def test_years_that_differ() -> None:
    """One number that means another customer in another year is a doubt."""
    (pair,) = pairs([ours("1", "7")], theirs(("7", "Meier")), theirs(("7", "Müller AG")))
    assert pair.doubts == ("doubt_years_differ",)
    assert tuple(pair.rows) == ("Y1", "Y2")


def test_what_is_linked_or_follows_is_not_asked() -> None:
    """The preceding year's link vouches for the next year, so nobody has to."""
    linked = theirs(("7", "Müller AG"), links={"1": "7"})
    following = theirs(("7", "Müller AG"), before={"1": "7"})
    assert pairs([ours("1", "7")], linked, following) == []


def test_nothing_alike_is_no_pair() -> None:
    """An address that Sage does not have simply goes over."""
    assert pairs([ours("1", "7")], theirs(("8", "Meier AG"))) == []
    elsewhere = theirs(("8", "Müller AG"), row={"City": "Bern", "ACode": "3000"})
    assert pairs([ours("1", "7")], elsewhere) == []


def test_debtor_of_another_address() -> None:
    """A debtor with our number but another address is asked, also where Sage lacks the address."""
    accounts = {7: Account(7, "55", "1100")}
    (pair,) = pairs([ours("1", "7")], theirs(("55", "Meier AG"), accounts=accounts))
    assert (pair.number, pair.debtor, pair.doubts) == ("", 7, ("doubt_debtor_address",))
    accounts = {7: Account(7, "7", "1100")}
    (pair,) = pairs([ours("1", "7")], theirs(("7", "Müller AG"), accounts=accounts))
    assert (pair.debtor, pair.doubts) == (None, ())
    accounts = {7: Account(7, "55", "1199")}
    (pair,) = pairs([ours("1", "7")], theirs(("7", "Müller AG"), accounts=accounts))
    assert pair.doubts == ("doubt_debtor_address", "doubt_debtor_account")


def test_mark_changes_with_either_record() -> None:
    """What a person saw is known by its mark; any other state is another pair."""
    one = pairs([ours("1", "7")], theirs(("7", "Müller AG")))[0].mark
    same = pairs([ours("1", "7")], theirs(("7", "Müller AG")))[0].mark
    mine = pairs([ours("1", "7", row={"Road": "Neu 2"})], theirs(("7", "Müller AG")))[0].mark
    others = pairs([ours("1", "7")], theirs(("7", "Müller AG"), row={"Road": "Neu 2"}))[0].mark
    assert one == same
    assert len({one, mine, others}) == 3
