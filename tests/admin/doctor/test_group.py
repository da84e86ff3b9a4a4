"""What is told of availability groups, by catalogue rows in place of a server that has one.

The rows are written after Microsoft's documentation of the views; ops/unproven.md says what that
leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy.engine import URL, make_url

from relay.admin.doctor import Severity, server
from relay.admin.doctor.site import Finding
from relay.base import texts
from relay.database.sqlserver.facts import group_facts
from tests.world.examinations import cleared, said

pytestmark = pytest.mark.recorded

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
LISTENER = {"dns_name": "LST-COBRA", "port": 1433, "ip_address": "10.1.0.20"}
FIRST = {"instance": r"SRV1\CRM", "updateability": "READ_WRITE"}
ROWS = [
    FIRST | LISTENER | {"replica_server_name": r"SRV1\CRM"},
    FIRST | LISTENER | {"replica_server_name": "SRV2"},
    FIRST | LISTENER | {"ip_address": "10.2.0.20", "replica_server_name": "SRV2"},
]
UNSEEN = [FIRST | dict.fromkeys((*LISTENER, "replica_server_name"))]
ALL_AT_ONCE = "?MultiSubnetFailover=yes"


def found(url: str | URL, rows: list[dict[str, Any]], *checks: Any) -> list[Finding]:
    """Return what is found where a URL leads to a server that says this of itself."""
    facts = group_facts(make_url(url), rows)
    return [one for check in (checks or CHECKS) for one in check(facts)]


CHECKS = (server.secondary, server.listener, server.subnets)


@cleared("url_names_replica", "multi_subnet_failover_off")
@pytest.mark.parametrize(
    "host", ["srv2", "SRV1", "srv1.firma.local", "localhost", r"SRV1\CRM", "SRV2,1435"]
)
def test_url_that_names_a_replica(host: str) -> None:
    """The listener is named, until it stands in the url with what a listener needs."""
    url = f"mssql+pyodbc://?odbc_connect=Server%3D{host}" if "," in host else None
    told = found(url or make_url("mssql+pyodbc://u@h/cobra").set(host=host), ROWS)
    assert said(told) == {"url_names_replica": WARNING}
    assert "LST-COBRA" in texts.text(told[0].code, "de", **told[0].values)
    assert said(found("mssql+pyodbc://u@lst-cobra/cobra", ROWS)) == {
        "multi_subnet_failover_off": INFO
    }
    for listener in ("lst-cobra", "LST-COBRA.firma.local", "10.2.0.20"):
        assert said(found(f"mssql+pyodbc://u@{listener}/cobra{ALL_AT_ONCE}", ROWS)) == {}


def test_name_that_nobody_in_the_group_has() -> None:
    """An alias of the own name service may well lead to the listener: nothing is said."""
    assert said(found("mssql+pyodbc://u@crm-db.firma.local/cobra", ROWS)) == {}


def test_listener_with_another_port() -> None:
    """It is named as a url needs it."""
    (told,) = found("mssql+pyodbc://u@srv2/cobra", [row | {"port": 5022} for row in ROWS])
    assert told.values["names"] == "LST-COBRA,5022"


@pytest.mark.parametrize("host", ["SRV1", "SRV2"])
def test_listener_that_may_not_be_seen(host: str) -> None:
    """Without the right the own server's name is known, and what is missing is said."""
    told = found(f"mssql+pyodbc://u@{host}/cobra", UNSEEN)
    assert said(told) == ({"url_names_replica": WARNING} if host == "SRV1" else {})
    if told:
        assert "VIEW ANY DEFINITION" in texts.text(told[0].code, "en", **told[0].values)


@cleared("replica_is_secondary")
def test_secondary() -> None:
    """A replica that takes nothing is an error until the url leads to the primary one."""
    rows: list[dict[str, Any]] = [row | {"updateability": "READ_ONLY"} for row in ROWS]
    url = f"mssql+pyodbc://u@lst-cobra/cobra{ALL_AT_ONCE}"
    assert said(found(url, rows)) == {"replica_is_secondary": ERROR}
    assert said(found(url, ROWS)) == {}


def test_row_is_enough() -> None:
    """What a catalogue row has is read by name only."""
    row: Mapping[str, Any] = ROWS[0]
    assert group_facts(make_url("mssql+pyodbc://u@x/cobra"), [row]).instance == r"SRV1\CRM"
