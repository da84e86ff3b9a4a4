"""What the test server cannot show: catalogue rows in place of an answer, through the same code.

The rows are written after Microsoft's documentation of the properties and views; none was taken
from a customer. What they leave open stands in ops/unproven.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from relay.admin.doctor import Severity, captured, own, server
from relay.admin.doctor.captured import dangers
from relay.database import capture_of, survey_of
from relay.database.sqlserver import facts as catalogue
from relay.database.survey import RivalTrigger
from tests.world.examinations import cleared, said
from tests.world.patient import Patient

pytestmark = pytest.mark.recorded

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
SERVER = {
    "version": "15.0.4261.1",
    "edition": "Standard Edition (64-bit)",
    "engine": 2,
    "is_local_db": 0,
    "babelfish": None,
    "nested_triggers": 1,
}
DATABASE = {
    "compatibility_level": 150,
    "is_read_committed_snapshot_on": True,
    "is_recursive_triggers_on": False,
    "is_read_only": False,
    "collation": "Latin1_General_CI_AS",
}
FILE = {
    "name": "cobra",
    "type": 0,
    "growth": 8192,
    "max_size": -1,
    "size": 2 * 2**20 // 8,
    "used": 2**20 // 8,
    "free_bytes": 200 * 2**30,
}
PERMISSION = {
    "who": "CRM\\clerks",
    "permission_name": "UPDATE",
    "state": "G ",
    "what": "relay.outbox",
}
URL = make_url("mssql+pyodbc://relay@COBRASRV/cobra")
DRIVER = "libmsodbcsql-18.6.so.2.1 18.06.0002"
WINDOWS_DRIVER = "msodbcsql17.dll 17.10.0006"


@cleared(
    "server_too_old", "edition_express", "edition_local_db", "nested_triggers_off",
    "server_is_stand_in",
)  # fmt: skip
@pytest.mark.parametrize(
    ("check", "row", "code", "severity"),
    [
        (server.version, {"version": "12.0.6024.0"}, "server_too_old", ERROR),
        (server.edition, {"engine": 4}, "edition_express", INFO),
        (server.edition, {"engine": 4, "is_local_db": 1}, "edition_local_db", ERROR),
        (server.nested_triggers, {"nested_triggers": 0}, "nested_triggers_off", WARNING),
        (server.version, {"babelfish": 1}, "server_is_stand_in", WARNING),
    ],
)
def test_server(check: Callable[..., Any], row: Any, code: str, severity: Severity) -> None:
    """An old or small server, or one with another option, is told; a renewed one is not."""
    assert said(check(catalogue.server_facts(SERVER | row))) == {code: severity}
    assert said(check(catalogue.server_facts(SERVER))) == {}


def test_server_in_the_cloud() -> None:
    """Azure SQL calls itself version 12, and is current all the same."""
    assert (
        said(server.version(catalogue.server_facts(SERVER | {"version": "12.0", "engine": 5})))
        == {}
    )


@cleared(
    "database_is_read_only", "compatibility_low", "row_versions_off", "recursive_triggers_on",
    "collation_tells_case", "compatibility_too_low",
)  # fmt: skip
@pytest.mark.parametrize(
    ("check", "row", "code", "severity"),
    [
        (server.read_only, {"is_read_only": True}, "database_is_read_only", ERROR),
        (server.compatibility, {"compatibility_level": 110}, "compatibility_low", INFO),
        (server.enquiry, {"compatibility_level": 100}, "compatibility_too_low", ERROR),
        (
            server.row_versions,
            {"is_read_committed_snapshot_on": False},
            "row_versions_off",
            INFO,
        ),
        (
            server.recursive_triggers,
            {"is_recursive_triggers_on": True},
            "recursive_triggers_on",
            INFO,
        ),
        (server.collation, {"collation": "Latin1_General_CS_AS"}, "collation_tells_case", INFO),
        (server.collation, {"collation": "Latin1_General_BIN2"}, "collation_tells_case", INFO),
    ],
)
def test_database(check: Callable[..., Any], row: Any, code: str, severity: Severity) -> None:
    """Each option is told, and not any more once it is set as the text says."""
    assert said(check(catalogue.database_facts(DATABASE | row))) == {code: severity}
    assert said(check(catalogue.database_facts(DATABASE))) == {}


@pytest.mark.parametrize("level", [100, 110])
def test_only_the_enquiry_needs_a_level(level: int) -> None:
    """It is told in cobra's database alone, and only where the enquiry is on."""

    def told(place: Any, documents: object) -> set[str]:
        site: Any = SimpleNamespace(settings=SimpleNamespace(documents=documents), cobra=cobra)
        return {finding.code for finding in server.database(site, place)}

    survey = SimpleNamespace(
        database=lambda _: catalogue.database_facts(DATABASE | {"compatibility_level": level}),
        server=lambda _: catalogue.server_facts(SERVER),
    )
    cobra, year = (SimpleNamespace(survey=survey, connection=None) for _ in range(2))
    too_low = {"compatibility_too_low"} if level < server.ENQUIRY_LEVEL else set()
    assert told(cobra, object()) == {"compatibility_low"} | too_low
    assert told(cobra, None) == told(year, object()) == {"compatibility_low"}


@cleared("driver_unknown")
def test_driver() -> None:
    """Another driver is told; Microsoft's 18 and 17 are not, whatever the system calls them."""
    for name in ("SQLSRV32.DLL 10.00.17763", "libtdsodbc.so 1.03"):
        facts = catalogue.link_facts(URL, name, None)
        assert said(server.driver(facts)) == {"driver_unknown": WARNING}
    for name in (DRIVER, WINDOWS_DRIVER, "msodbcsql18.dll 18.01.0001"):
        assert said(server.driver(catalogue.link_facts(URL, name, None))) == {}


@cleared("link_not_encrypted")
def test_encryption() -> None:
    """A link that others can read is told, by the server's word or the URL's, until Encrypt=yes."""
    open_row = {"encrypt_option": "FALSE", "net_transport": "TCP"}
    plain = URL.update_query_dict({"Encrypt": "no"})
    secure = URL.update_query_dict({"Encrypt": "yes"})
    told = {"link_not_encrypted": WARNING}
    assert said(server.encryption(catalogue.link_facts(plain, DRIVER, open_row))) == told
    assert said(server.encryption(catalogue.link_facts(plain, DRIVER, None))) == told
    assert said(server.encryption(catalogue.link_facts(URL, WINDOWS_DRIVER, None))) == told
    assert said(server.encryption(catalogue.link_facts(secure, WINDOWS_DRIVER, None))) == {}
    assert said(server.encryption(catalogue.link_facts(URL, DRIVER, None))) == {}
    by_string = make_url("mssql+pyodbc://?odbc_connect=Server%3DX%3BEncrypt%3Dno")
    assert not catalogue.link_facts(by_string, DRIVER, None).is_encrypted
    shared = open_row | {"net_transport": "Shared memory"}
    assert said(server.encryption(catalogue.link_facts(plain, DRIVER, shared))) == {}


@cleared("certificate_unchecked")
def test_certificate() -> None:
    """A server that need not prove who it is is told until TrustServerCertificate goes."""
    trusting = URL.update_query_dict({"TrustServerCertificate": "yes"})
    told = {"certificate_unchecked": INFO}
    assert said(server.certificate(catalogue.link_facts(trusting, DRIVER, None))) == told
    assert said(server.certificate(catalogue.link_facts(URL, DRIVER, None))) == {}


@cleared("file_nearly_full")
@pytest.mark.parametrize(("used", "severity"), [(82, WARNING), (97, ERROR)])
def test_file_with_a_limit(used: int, severity: Severity) -> None:
    """A file that nears its maximum size is told until that is raised."""
    row = FILE | {"max_size": 100 * 128, "used": used * 128}
    assert said(server.limits([catalogue.file_facts(row)])) == {"file_nearly_full": severity}
    fixed = FILE | {"growth": 0, "size": 100 * 128, "used": used * 128}
    assert said(server.limits([catalogue.file_facts(fixed)])) == {"file_nearly_full": severity}
    raised = row | {"max_size": 200 * 128}
    assert said(server.limits([catalogue.file_facts(raised)])) == {}
    endless = row | {"max_size": 268435456, "type": 1}
    assert said(server.limits([catalogue.file_facts(endless)])) == {}


@cleared("express_nearly_full")
def test_express_limit() -> None:
    """Data near 10 GB is told on Express until somebody tidies up; the log does not count."""
    data = catalogue.file_facts(FILE | {"used": 9 * 2**20 // 8})
    log = catalogue.file_facts(FILE | {"type": 1, "used": 9 * 2**20 // 8})
    assert said(server.express([data, log])) == {"express_nearly_full": WARNING}
    tidy = catalogue.file_facts(FILE | {"used": 5 * 2**20 // 8})
    assert said(server.express([tidy, log])) == {}


@cleared("disk_nearly_full")
def test_disk_of_a_server() -> None:
    """A disk with little room is told; one that may not be seen is not."""
    full = catalogue.file_facts(FILE | {"free_bytes": 2**30})
    assert said(server.disks([full])) == {"disk_nearly_full": WARNING}
    unseen = catalogue.file_facts(FILE | {"free_bytes": None, "used": None})
    assert said(server.disks([catalogue.file_facts(FILE), unseen])) == {}


@cleared("relay_tables_writable")
def test_strangers_on_our_tables() -> None:
    """Whoever may change the relay's tables is told until the right is revoked."""
    found = catalogue.permission(PERMISSION)
    assert found is not None
    assert said(own.strangers([found])) == {"relay_tables_writable": WARNING}
    revoked = catalogue.permission(PERMISSION | {"permission_name": "SELECT"})
    assert said(own.strangers([revoked] if revoked else [])) == {}
    for row in (
        {"permission_name": "SELECT"},
        {"state": "D "},
        {"who": "relay_run"},
    ):
        assert catalogue.permission(PERMISSION | row) is None


@cleared("plan_cache_unseen", "output_statement")
def test_statements_of_the_server(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the server's memory may be seen is told, and what is found in it."""
    survey = type(survey_of(patient.databases.server.engine(patient.databases.cobra)))
    seen: list[list[str] | None] = [None]
    monkeypatch.setattr(survey, "statements", lambda *_: seen[0])
    assert patient.found()["plan_cache_unseen"] is INFO
    seen[0] = ["INSERT INTO ADDRESSES (A) OUTPUT inserted.ID VALUES (@p1)"]
    found = patient.found()
    assert found["output_statement"] is ERROR
    assert "plan_cache_unseen" not in found
    seen[0] = ["INSERT INTO ADDRESSES (A) OUTPUT inserted.ID INTO @i VALUES (@p1)"]
    assert {"plan_cache_unseen", "output_statement"} & set(patient.found()) == set()


@cleared("trigger_unreadable")
def test_trigger_whose_text_is_hidden(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without VIEW DEFINITION triggers cannot be compared, which is told until it is granted."""
    patient.install()
    capture = type(capture_of(patient.databases.server.engine(patient.databases.cobra)))
    all_of = capture.triggers
    with monkeypatch.context() as blind:
        blind.setattr(
            capture,
            "triggers",
            lambda self, c: [replace(found, definition=None) for found in all_of(self, c)],
        )
        assert patient.found()["trigger_unreadable"] is ERROR
    assert "trigger_unreadable" not in patient.found()


@cleared("rival_instead")
def test_trigger_in_place_of_a_change() -> None:
    """An INSTEAD OF trigger is a warning until it is removed."""
    rival = RivalTrigger("vendor", frozenset({"INSERT"}))
    assert said(captured.rivals_of("ADDRESSES", [rival])) == {"rival_instead": WARNING}
    assert said(captured.rivals_of("ADDRESSES", [])) == {}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ADDRESSES (A) OUTPUT inserted.ID VALUES (@p1)",
        "INSERT INTO [dbo].[ADDRESSES] ([A]) OUTPUT INSERTED.[ID] SELECT 1",
        "UPDATE dbo.ADDRESSES SET A = 1 OUTPUT deleted.A, inserted.A WHERE ID = 1",
        "DELETE FROM ADDRESSES OUTPUT deleted.ID",
        "MERGE ADDRESSES AS t USING s ON 1 = 0 WHEN MATCHED THEN DELETE OUTPUT $action, t.ID;",
        "DELETE ADDRESSES OUTPUT deleted.ID INTO @t OUTPUT deleted.A WHERE ID = 1",
    ],
)
def test_statement_that_would_fail(statement: str) -> None:
    """OUTPUT to the caller is an error with the statement; with INTO it is none."""
    (finding,) = dangers("ADDRESSES", [statement])
    assert (finding.code, finding.severity) == ("output_statement", ERROR)
    assert str(finding.values["statement"]).startswith(statement[:20])


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ADDRESSES (A) OUTPUT inserted.ID INTO @ids (ID) VALUES (@p1)",
        "UPDATE ADDRESSES SET A = 1 WHERE ID = 1",
        "INSERT INTO ADDRESSES_OLD (A) OUTPUT inserted.ID VALUES (1)",
        "EXEC ADDRESSES_COUNT @n OUTPUT",
        "INSERT INTO ADDRESSES (A) VALUES ('the OUTPUT of all')",
    ],
)
def test_statement_that_goes_well(statement: str) -> None:
    """OUTPUT into a table, on another table, or as a parameter's direction is no danger."""
    assert list(dangers("ADDRESSES", [statement])) == []
