"""Knows what rows of SQL Server's catalogue and management views mean.

Each answer is made from rows by a function of its own: what the server at hand cannot show is
tested with rows that were recorded elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.engine import URL

from relay.database.survey import (
    DatabaseFacts,
    FileFacts,
    GroupFacts,
    LinkFacts,
    Permission,
    ServerFacts,
)

OLDEST = 13
"""SQL Server 2016."""
EXPRESS = 4
IN_THE_CLOUD = (5, 8)
"""Azure SQL: always current, whatever its version number says."""
DRIVER = re.compile(r"msodbcsql-?(1[78])(?!\d)", re.IGNORECASE)
USUAL_PORT = 1433
LOCAL = {"", ".", "(local)", "localhost", "127.0.0.1", "::1"}
NO_LIMIT = (-1, 268435456)
"""Pages: without a limit; and 2 TB, which is as much for a log."""
CHANGING = {"INSERT", "UPDATE", "DELETE", "ALTER", "CONTROL", "TAKE OWNERSHIP"}

Catalogued = RowMapping | Mapping[str, Any]
"""A row of the catalogue, or one that was recorded."""


def server_facts(row: Catalogued) -> ServerFacts:
    """Read the server's properties."""
    major = int(str(row["version"]).split(".", 1)[0])
    is_stand_in = bool(row["babelfish"])
    is_current = is_stand_in or row["engine"] in IN_THE_CLOUD
    return ServerFacts(
        version=row["version"],
        is_old=major < OLDEST and not is_current,
        edition=row["edition"],
        is_stand_in=is_stand_in,
        is_express=row["engine"] == EXPRESS,
        is_personal=bool(row["is_local_db"]),
        fires_nested=row["nested_triggers"] != 0,
    )


def database_facts(row: Catalogued) -> DatabaseFacts:
    """Read the database's options."""
    return DatabaseFacts(
        collation=row["collation"],
        compatibility_level=row["compatibility_level"],
        has_row_versions=bool(row["is_read_committed_snapshot_on"]),
        has_recursive_triggers=bool(row["is_recursive_triggers_on"]),
        is_read_only=bool(row["is_read_only"]),
    )


def link_facts(url: URL, driver: str, row: Catalogued | None) -> LinkFacts:
    """Read how we are connected; without a row the URL tells what was asked for.

    Driver 18 encrypts unless it is told not to, driver 17 the other way round.
    """
    found = DRIVER.search(driver)
    version = int(found[1]) if found else 0
    options = _options(url)
    default = "yes" if version >= 18 else "no"  # noqa: PLR2004 - the driver's number
    asked = options.get("encrypt", default) not in ("no", "optional", "false")
    local = (url.host or "").casefold() in LOCAL
    return LinkFacts(
        driver=driver,
        is_known_driver=found is not None,
        is_encrypted=asked if row is None else row["encrypt_option"] == "TRUE",
        checks_certificate=options.get("trustservercertificate", "no") not in ("yes", "true"),
        is_local=local or (row is not None and row["net_transport"] == "Shared memory"),
    )


def group_facts(url: URL, rows: Sequence[Catalogued]) -> GroupFacts:
    """Read how a database of an availability group is reached; a row for each pair of names.

    A URL may give a name with its domain, an address, or several servers' port or instance.
    """
    first, options = rows[0], _options(url)
    host = (url.host or options.get("server", "")).casefold().removeprefix("tcp:")
    host = re.split(r"[,\\]", host)[0]
    listeners = {row["dns_name"]: row["port"] for row in rows if row["dns_name"]}
    addresses = {row["ip_address"] for row in rows}
    servers = {first["instance"], *(row["replica_server_name"] for row in rows)} - {None}
    names_listener = host in addresses or any(_is_called(host, name) for name in listeners)
    machines = {server.split("\\")[0] for server in servers}
    return GroupFacts(
        instance=first["instance"],
        is_secondary=first["updateability"] == "READ_ONLY",
        listeners=tuple(
            name if port in (None, USUAL_PORT) else f"{name},{port}"
            for name, port in sorted(listeners.items())
        ),
        names_replica=not names_listener
        and (host in LOCAL or any(_is_called(host, machine) for machine in machines)),
        names_listener=names_listener,
        tries_all_addresses=options.get("multisubnetfailover", "no") in ("yes", "true"),
    )


def _is_called(host: str, name: str) -> bool:
    """Tell whether a URL's host is a name, with its domain or without."""
    return host.partition(".")[0] == name.casefold() or host == name.casefold()


def file_facts(row: Catalogued) -> FileFacts:
    """Read a file's row; the server counts in pages of 8 KB."""
    if row["growth"] == 0:
        longest = row["size"]
    else:
        longest = None if row["max_size"] in NO_LIMIT else row["max_size"]
    return FileFacts(
        name=row["name"],
        is_log=row["type"] == 1,
        size=row["size"] // 128,
        used=None if row["used"] is None else row["used"] // 128,
        longest=None if longest is None else longest // 128,
        disk_free=None if row["free_bytes"] is None else row["free_bytes"] // 2**20,
    )


def permission(row: Catalogued) -> Permission | None:
    """Read a granted right, if it lets somebody change something and is not the relay's own."""
    is_granted = str(row["state"]).strip() in ("G", "W")
    is_ours = str(row["who"]).startswith("relay_")
    if not is_granted or is_ours or row["permission_name"] not in CHANGING:
        return None
    return Permission(row["who"], row["permission_name"], row["what"])


def _options(url: URL) -> dict[str, str]:
    """Return what the URL tells the driver, names and values in lower case."""
    options = {name: values[-1] for name, values in url.normalized_query.items()}
    pairs = [part.partition("=") for part in options.pop("odbc_connect", "").split(";")]
    options |= {name.strip(): value.strip() for name, _, value in pairs if name.strip()}
    return {name.casefold(): value.casefold() for name, value in options.items()}
