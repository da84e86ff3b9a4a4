"""Each page shows what the commands tell, in both languages, and whatever a customer is called."""

from __future__ import annotations

import csv
import io
import pickle
import re
from datetime import date
from html import unescape
from time import monotonic

import pytest
from sqlalchemy import make_url

from relay.admin.repair import Repair
from relay.base.errors import Refused
from relay.base.values import Person, Problem
from relay.cobra.lock import hold
from relay.engine.service import Parts, taken_over
from relay.extras.page.measures import Measuring
from relay.extras.page.months import Month, Unread, read_month
from relay.extras.page.record import written
from tests.extras.page.browsing import Browser, Visitors
from tests.world.night import compare
from tests.world.office import LAST, THIS, Office, position

AWKWARD = (
    '<script>alert("x")</script>',
    'O\'Brien & "Söhne" <b>AG</b>',
    "\u202eGA relluM",
    "Käserei 🧀 Zürich",
    "{{ 7 * 7 }}",
)


def held(office: Office, name: str, number: str = "20260001", net: str = "100.00") -> str:
    """Let an invoice be held: its account is missing."""
    customer = office.add(COMPANY1=name)
    key = office.invoice(customer, position(net, account="9999"), number=number)
    office.drain_all()
    return key


def test_overview_tells_how_things_are(office: Office, visitors: Visitors) -> None:
    """Whether it works, what is open, each year, and what was held last."""
    held(office, "Muster AG")
    with office.relay_engine().begin() as connection:
        Repair(connection, Person("Rosa", "year's end")).pause(LAST)
    text = unescape(visitors.viewer().get("/").text)
    assert "Not all is well" in text
    assert "not running" in text
    for expected in (THIS, LAST, "paused", "year's end", "Muster AG", "20260001", "108.10"):
        assert expected in text
    assert "All triggers match the mapping" in text
    assert "Nothing measured yet" in text


def test_newest_comparison_is_told(office: Office, visitors: Visitors) -> None:
    """When it was and how much differs; that something does is a trouble."""
    viewer = visitors.viewer()
    assert "Last compared" not in viewer.get("/").text
    office.invoice(office.add(SAGENR0="1001"), number="20260001")
    office.drain_all()
    office.sage_execute(THIS, "DELETE FROM OPd")
    compare(office)
    text = unescape(viewer.get("/").text)
    assert "Last compared on" in text
    assert "found 1 difference" in text


def test_trigger_that_was_dropped_is_told(office: Office, visitors: Visitors) -> None:
    """Drift is a trouble."""
    name = "relay_address_update" if office.dialect.name == "sqlite" else "dbo.relay_address_update"
    with office.cobra.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    assert "relay_address_update" in visitors.viewer().get("/").text


@pytest.mark.parametrize("name", AWKWARD)
def test_name_is_shown_not_executed(office: Office, visitors: Visitors, name: str) -> None:
    """Whatever a customer is called stands there letter by letter, and is never code."""
    key = held(office, name)
    browser = visitors.viewer()
    for path in (
        "/", "/problems", "/find?q=20260001", f"/record?entity=invoice&key={key}",
        f"/sides?entity=invoice&key={key}", "/sides?entity=address&key=1", "/find?q=1001",
    ):  # fmt: skip
        answer = browser.get(path)
        if answer.status_code == 303:
            answer = browser.get(answer.headers["Location"])
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "<b>AG" not in answer.text
        assert " 49" not in answer.text
        plain = name.replace("\u202e", "")
        assert plain in unescape(answer.text)


def test_no_page_has_script_or_style_in_it(office: Office, visitors: Visitors) -> None:
    """As the policy says: not even of ours."""
    key = held(office, "Muster AG")
    browser = visitors.operator()
    deed = f"/act?what=skip&entity=invoice&key={key}"
    for path in ("/", "/problems", "/audit", "/journal?month=2026-01", deed, "/sign-in"):
        text = browser.get(path).text
        assert "style=" not in text
        assert "<style" not in text
        assert " onclick" not in text
        assert text.count("<script") == text.count('<script src="/static/') == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [("de-CH,de;q=0.9,en;q=0.5", "Offenes"), ("en-GB,en;q=0.9", "Open matters"), ("fr", "Offenes")],
)
def test_language_is_the_browsers(visitors: Visitors, language: str, said: str) -> None:
    """Its first wish that we have; else the configuration's."""
    answer = visitors.viewer(language).get("/problems")
    assert said in answer.text
    assert answer.headers["Content-Language"] == ("en" if said == "Open matters" else "de")
    assert f'<html lang="{answer.headers["Content-Language"]}">' in answer.text


def test_language_can_be_changed(visitors: Visitors) -> None:
    """And stays so, also when somebody signs in."""
    browser = visitors.viewer("en")
    answer = browser.post("/language", language="de", then="/audit")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/audit")
    assert "Protokoll" in browser.get("/audit").text
    browser.post("/language", language="tlh")
    assert "Protokoll" in browser.get("/audit").text


@pytest.fixture
def three(office: Office) -> Office:
    """Three invoices that are held for two reasons, and one that waits."""
    for number, name, net, account in (
        ("20260001", "Alder AG", "100.00", "9999"),
        ("20260002", "Zeller GmbH", "2000.00", "9999"),
        ("20260003", "Meier & Co", "50.00", "9998"),
    ):
        customer = office.add(COMPANY1=name)
        office.invoice(customer, position(net, account=account), number=number)
    nowhere = office.add(COMPANY1="Ohne Ort", CITY0=None)
    office.invoice(nowhere, number="20260004")
    office.drain_all()
    return office


def order(browser: Browser, **asked: str) -> list[str]:
    """Return the numbers on the list, from top to bottom."""
    text = browser.get("/problems", **asked).text.split('<table class="stack">')
    rows = text[1].split("<tbody>")[1].split("<tr>")[1:] if len(text) > 1 else []
    return [row.split("</a>")[0].rpartition(">")[2] for row in rows]


def test_problems_are_grouped_with_count_and_sum(three: Office, visitors: Visitors) -> None:
    """By reason, with what the relay says about it."""
    text = unescape(visitors.viewer().get("/problems").text)
    assert "account_missing" in text
    assert "CHF 2'324.15" in text  # 108.10 + 2162.00 + 54.05
    assert "3 records, held" in text
    assert "9999" in text
    assert three.dialect.name in {"sqlite", "mssql"}


def test_problems_are_found_and_sorted(three: Office, visitors: Visitors) -> None:
    """By number, customer, amount; by status and code."""
    browser = visitors.viewer()
    for asked, found in (
        ({"q": "zeller"}, ["20260002"]),
        ({"q": "20260003"}, ["20260003"]),
        ({"q": "2'162.00"}, ["20260002"]),
        ({"q": "CHF 54.05"}, ["20260003"]),
        ({"q": "nobody"}, []),
        ({"status": "held", "sort": "amount"}, ["20260002", "20260001", "20260003"]),
        ({"status": "held", "sort": "customer"}, ["20260001", "20260003", "20260002"]),
        ({"code": "account_missing", "sort": "number"}, ["20260001", "20260002", "20260003"]),
        ({"q": "zeller", "page": "99"}, ["20260002"]),
        ({"q": "zeller", "page": "-1", "sort": "nonsense", "status": "applied"}, ["20260002"]),
    ):
        assert order(browser, **asked) == found, asked
    assert "20260004" in order(browser, status="waiting")
    assert three.dialect.name in {"sqlite", "mssql"}


def test_problems_page_by_page(
    three: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each record stands on one page."""
    monkeypatch.setattr("relay.extras.page.problems.ON_A_PAGE", 2)
    browser = visitors.viewer()
    pages = [order(browser, status="held", sort="number", page=page) for page in "12"]
    assert pages == [["20260001", "20260002"], ["20260003"]]
    assert "Page 1 of 2" in browser.get("/problems", status="held").text
    assert three.dialect.name in {"sqlite", "mssql"}


def test_problems_as_a_file(office: Office, visitors: Visitors) -> None:
    """Excel opens it with amounts, and computes nothing that somebody wrote."""
    held(office, "=HYPERLINK(1)")
    answer = visitors.viewer("de").get("/problems.csv", q="20260001")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="offenes.csv"'
    (line,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert line["Betrag"] == "108.10"
    assert line["Kunde"] == "'=HYPERLINK(1)"
    assert line["Status"] == "angehalten"


def test_record_tells_its_history(office: Office, visitors: Visitors) -> None:
    """Why it is held; and once it is booked, the postings as a journal."""
    key = held(office, "Muster AG")
    browser = visitors.viewer()
    where = browser.get("/find", q="20260001").headers["Location"]
    text = unescape(browser.get(where).text)
    assert "9999" in text
    assert "Muster AG" in text
    assert "Release" not in text  # a viewer may not
    office.edit_positions(key, ACCOUNT="3000")
    office.drain_all()
    text = unescape(browser.get(where).text)
    for part in ("1100", "3000", "2200", "108.10", "8.10", "USt81", THIS):
        assert part in text
    assert "debit" in text


def test_record_of_an_address(office: Office, visitors: Visitors) -> None:
    """What was sent stands there field by field."""
    key = office.add(COMPANY1="Muster AG", SAGENR0="4711")
    office.invoice(key)
    office.drain_all()
    office.change(key, COMPANY1="Neumuster AG")
    office.drain_all()
    browser = visitors.viewer()
    text = browser.get(browser.get("/find", q="4711").headers["Location"]).text
    assert "Given to Sage" in text
    assert "<bdi>Neumuster AG</bdi>" in text


def test_sides_of_an_address(office: Office, visitors: Visitors) -> None:
    """Field by field what cobra has and what Sage holds; what somebody changed there stands out."""
    key = office.add(COMPANY1='<b>"Muster"</b> 🧀', SAGENR0="4711")
    browser = visitors.viewer()
    assert "linked to none" in sides(browser, "address", key)
    office.invoice(key)
    office.drain_all()
    text = sides(browser, "address", key)
    assert '<bdi><b>"Muster"</b> 🧀</bdi>' in text
    assert "<b>" not in browser.get("/sides", entity="address", key=key).text
    assert "differs" not in text.replace("class", "")
    office.sage_execute(THIS, "UPDATE Adr SET City = 'Bern'")
    text = sides(browser, "address", key)
    row = next(line for line in text.splitlines() if "<bdi>Bern</bdi>" in line)
    assert "differs" in row
    assert ">town<" in row


def test_sides_of_an_invoice(office: Office, visitors: Visitors) -> None:
    """By VAT key and account; before it is booked with why it is not."""
    key = held(office, "Muster AG")
    browser = visitors.viewer()
    assert "9999" in sides(browser, "invoice", key)
    office.edit_positions(key, ACCOUNT="3000")
    office.drain_all()
    text = sides(browser, "invoice", key)
    assert "Sage holds what cobra has" in text
    assert text.count("100.00") == 2
    page = browser.get("/record", entity="invoice", key=key).text
    assert f'href="/sides?entity=invoice&amp;key={key}"' in page


def test_sides_while_sage_is_away(office: Office, visitors: Visitors) -> None:
    """It is said which year, and the rest is there; the record's page does not ask Sage at all."""
    key = office.add(COMPANY1="Muster AG")
    office.invoice(key)
    office.drain_all()
    year = office.settings.sage.year[-1]
    url = make_url(year.url)
    gone = url.set(database=f"{url.database}_gone").render_as_string(hide_password=False)
    away = year.model_copy(update={"url": gone})
    sage = office.settings.sage.model_copy(update={"year": [*office.settings.sage.year[:-1], away]})
    visitors.desk.settings = office.settings.model_copy(update={"sage": sage})
    browser = visitors.viewer()
    text = sides(browser, "address", key)
    assert THIS in text
    assert LAST in text
    assert 'p class="bad"' in text
    assert browser.get("/record", entity="address", key=key).status_code == 200


def test_sides_of_nothing(visitors: Visitors) -> None:
    """Whatever stands in the address."""
    browser = visitors.viewer()
    for entity, key in (("address", "4711"), ("invoice", "4711"), ("<b>", "1"), ("invoice", "")):
        assert "nothing to compare" in sides(browser, entity, key)


def sides(browser: Browser, entity: str, key: str) -> str:
    """Return the page of both sides."""
    answer = browser.get("/sides", entity=entity, key=key)
    assert answer.status_code == 200
    return unescape(answer.text)


def test_find_by_a_part_of_a_name(office: Office, visitors: Visitors) -> None:
    """Who knows only a name finds the address."""
    office.add(COMPANY1="Sonnenblick AG")
    office.add(COMPANY1="Sonnenhof AG")
    office.drain_all()
    text = visitors.viewer().get("/find", q="sonnen").text
    assert "Sonnenblick" in text
    assert "Sonnenhof" in text
    assert "no entry" in visitors.viewer("en-US").get("/find", q="nobody at all").text


def test_find_a_held_invoice_by_its_customer(office: Office, visitors: Visitors) -> None:
    """A name finds the address and its invoices; what is open stands first, with its status."""
    held(office, "Sonnenblick AG", number="20260011")
    office.invoice(office.add(COMPANY1="Sonnenblick AG"), number="20260012")
    held(office, "Other AG", number="20260013")
    text = unescape(visitors.viewer().get("/find", q="sonnenblick").text)
    lines = re.findall(r"<bdi>(.*?)</bdi></a>(.*?)</li>", text)
    assert [("20260011" in name, "held" in status) for name, status in lines[:2]] == [
        (True, True),
        (False, False),
    ]
    assert any("20260012" in name for name, _ in lines)
    assert "20260013" not in text
    assert "/problems?q=sonnenblick" in text


def test_find_without_rights_on_cobras_tables(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the relay itself knows is found all the same, and it is said what was not asked."""
    key = held(office, "Muster AG")

    def refuse(*_: object) -> None:
        raise Refused("table_missing", table="ADDRESSES")

    monkeypatch.setattr("relay.extras.page.record.records_numbered", refuse)
    browser = visitors.viewer()
    assert browser.get("/find", q=key).status_code in {200, 303}
    answer = browser.get("/find", q="Muster AG")
    assert answer.status_code == 200
    assert "own tables cannot be searched" in answer.text


def test_journal_compares_a_month(office: Office, visitors: Visitors) -> None:
    """What cobra printed and what Sage holds, what differs first."""
    office.invoice(office.add(), position("100.00"), day=date(2026, 1, 15), number="20260009")
    held(office, "Muster AG")
    browser = visitors.viewer()
    assert "January" not in browser.get("/journal").text
    answer = browser.get("/journal", month="2026-01")
    assert answer.headers["Refresh"] == "2"
    assert "is being read" in answer.text
    assert "Refresh" not in browser.get("/journal").headers
    text = browser.month("2026-01")
    assert text.index("20260001") < text.index("USt81")
    assert "100.00" in text
    assert "are shown" not in text
    assert "This is no month" in browser.get("/journal", month="2026-13").text
    assert "This is no month" in browser.get("/journal", month="<b>").text


def test_month_shows_the_first_differences(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page stays short; how many there are is said, and where all of them stand."""
    for number in ("20260001", "20260002", "20260003"):
        office.invoice(office.add(), number=number, day=date(2026, 1, 15))
    monkeypatch.setattr("relay.extras.page.months.SHOWN", 2)
    month = read_month(office.settings, date(2026, 1, 1))
    assert isinstance(month, Month)
    assert (len(month.journal.differences), month.differences) == (2, 3)
    assert len(pickle.dumps(month)) < 5000  # of which the page's process keeps no more
    visitors.desk.months.known[date(2026, 1, 1)] = monotonic(), month
    text = visitors.viewer().month("2026-01")
    assert "The first 2 are shown" in text
    assert "20260003" not in text


def test_month_that_cannot_be_read_is_tried_again(visitors: Visitors) -> None:
    """The reason stands there as the command says it, and the next visit reads anew."""
    browser = visitors.viewer()
    months = visitors.desk.months
    why = Problem("file_missing", {"database": "Sage MUSTER2026", "what": "gone"})
    months.known[date(2026, 1, 1)] = monotonic(), Unread(why, is_away=True)
    answer = browser.get("/journal", month="2026-01")
    assert answer.status_code == 503
    assert "MUSTER2026" in answer.text
    assert date(2026, 1, 1) not in months.known
    assert "agree" in browser.month("2026-01")


def test_audit_says_who_did_what_and_why(office: Office, visitors: Visitors) -> None:
    """The newest first, page by page."""
    key = held(office, "Muster AG")
    with office.relay_engine().begin() as connection:
        repair = Repair(connection, Person("<i>Rosa</i>", "a & b"))
        for _ in range(120):
            repair.note("pause", LAST, [])
        repair.note("release", "", [f"invoice {key}"])
    browser = visitors.viewer()
    text = browser.get("/audit").text
    assert "<i>Rosa" not in text
    assert "<i>Rosa</i>" in unescape(text)
    assert "a & b" in unescape(text)
    assert f"/record?entity=invoice&amp;key={key}" in text
    more = text.split('rel="next" href="')[1].split('"')[0]
    assert "pause" in browser.get(unescape(more)).text
    assert browser.get("/audit", before="x").status_code == 200
    assert "a & b" in unescape(browser.get("/record", entity="invoice", key=key).text)


def test_charts_are_drawn_of_what_was_measured(office: Office, visitors: Visitors) -> None:
    """The running relay measures; the page draws."""
    measuring = Measuring()
    parts = measuring.joined(Parts())
    office.invoice(office.add(), position("100.00"))
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings, parts.milestone, parts.recorders) as (step, _):
            while step.step():
                pass
            measuring.measure(lock)
    text = visitors.viewer().get("/").text
    assert text.count("<polyline") == 6
    assert "Records taken over: 2" in text
    assert "taken over today" in text


def test_what_was_sent_of_an_address_is_no_document() -> None:
    """Only what was booked is shown as a journal."""
    assert written({"Name": "x"}) == written(None) == written([]) == []
