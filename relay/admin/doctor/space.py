"""Knows when a database or its disk is about to be full: then nobody can save any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relay.admin.doctor.finding import Finding, Severity
from relay.admin.doctor.site import Reached, Site
from relay.database.survey import FileFacts

EXPRESS_MB = 10 * 1024
"""What SQL Server Express lets a database's data grow to."""
PERCENT_EARLY, PERCENT_LATE = 80, 95
DISK_EARLY_MB, DISK_LATE_MB = 2048, 256


def examine(_site: Site, place: Reached) -> Iterator[Finding]:
    """Examine the database's files."""
    files = place.survey.files(place.connection)
    yield from limits(files)
    yield from disks(files)
    if place.survey.server(place.connection).is_express:
        yield from express(files)


def limits(files: Sequence[FileFacts]) -> Iterator[Finding]:
    """Find files that have nearly reached the size that was allowed to them."""
    for file in files:
        if file.used is None or file.longest is None:
            continue
        used, longest, percent = file.used, file.longest, _percent(file.used, file.longest)
        if percent >= PERCENT_EARLY:
            yield Finding(
                "file_nearly_full",
                _severity(percent),
                {"file": file.name, "used": used, "longest": longest, "percent": percent},
            )


def express(files: Sequence[FileFacts]) -> Iterator[Finding]:
    """Compare the data, without the log, with the limit of the edition."""
    used = sum(file.size if file.used is None else file.used for file in files if not file.is_log)
    percent = _percent(used, EXPRESS_MB)
    if percent >= PERCENT_EARLY:
        yield Finding(
            "express_nearly_full",
            _severity(percent),
            {"used": used, "longest": EXPRESS_MB, "percent": percent},
        )


def disks(files: Sequence[FileFacts]) -> Iterator[Finding]:
    """Find files whose disk has little room left; the fullest disk is told once."""
    free = min(((f.disk_free, f.name) for f in files if f.disk_free is not None), default=None)
    if free is not None and free[0] < DISK_EARLY_MB:
        severity = Severity.ERROR if free[0] < DISK_LATE_MB else Severity.WARNING
        yield Finding("disk_nearly_full", severity, {"free": free[0], "file": free[1]})


def _severity(percent: int) -> Severity:
    return Severity.ERROR if percent >= PERCENT_LATE else Severity.WARNING


def _percent(used: int, longest: int) -> int:
    return 100 * used // max(longest, 1)
