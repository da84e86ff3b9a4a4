"""What is told of an erased person's record has numbers, and neither names nor texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relay.base.values import Outcome, Problem, Status, held
from relay.rules.nameless import Nameless, nameless_report, swept

ONE = Nameless.of(["Zebedäus", "Zebedäus Quirinalis", "+41 79 555 44 33", "3000", "", None], "[x]")


def test_the_longest_phrase_goes_first_and_a_short_number_stays() -> None:
    """An account is no postcode: what has to be corrected is still told."""
    assert ONE.phrases == ("Zebedäus Quirinalis", "+41 79 555 44 33", "Zebedäus")


def test_problems_within_problems() -> None:
    """Names go wherever they stand; numbers, years and codes stay."""
    why = Problem(
        "letters_unknown", {"value": "zebedäus quirinalis", "tag": "Corp"}, "815, Zebedäus"
    )
    both = (why, Problem("account_missing", {"value": "3000"}))
    outcome = ONE.outcome(
        held("several_problems", what=both, address="815, Zebedäus", year="M2026")
    )
    assert outcome.status is Status.HELD
    assert outcome.problem == Problem(
        "several_problems",
        {
            "what": (
                Problem("letters_unknown", {"value": "[x]", "tag": "Corp"}),
                Problem("account_missing", {"value": "3000"}),
            ),
            "address": "815, [x]",
            "year": "M2026",
        },
    )


def test_what_sage_says_and_what_was_cut_goes_as_a_whole() -> None:
    """No phrase of cobra's need stand in it."""
    warning = Problem(
        "text_cut", {"tag": "Corp", "text": "Zebedäus Qui…", "kept": "Zebe", "length": 4}
    )
    outcome = ONE.outcome(Outcome(Status.APPLIED, warnings=(warning,), detail="Zebe"))
    assert outcome.warnings[0].values == {"tag": "Corp", "text": "[x]", "kept": "[x]", "length": 4}
    assert outcome.detail is None


def test_what_was_sent_is_a_hash() -> None:
    """The same content has the same one."""
    sent = {"postings": [{"Text": "Zebedäus"}]}
    found = ONE.outcome(Outcome(Status.APPLIED, sent=sent)).sent
    assert found is not None
    assert found.keys() == {"erased"}
    assert found == ONE.outcome(Outcome(Status.APPLIED, sent=dict(sent))).sent


def test_report() -> None:
    """Empty texts stay empty, and what is no text stays."""
    told = {"number": "1", "customer_name": "Z", "text": "", "positions": [{"text": "Z", "net": 1}]}
    assert nameless_report(told, "[x]") == {
        "number": "1", "customer_name": "[x]", "text": "", "positions": [{"text": "[x]", "net": 1}],
    }  # fmt: skip
    assert nameless_report({"taken_back": 1, "reversal": 2}, "[x]") == {
        "taken_back": 1,
        "reversal": 2,
    }


@given(st.text(), st.text(alphabet="[](){}.*+?\\^$|Äß ", min_size=1))
def test_any_letters_may_stand_in_a_phrase(text: str, phrase: str) -> None:
    """None of them means anything to the search."""
    found = swept(f"{text} {phrase} {text}", [phrase], "")
    assert len(found) <= len(text) * 2 + len(phrase) + 2
