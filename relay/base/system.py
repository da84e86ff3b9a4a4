"""Knows in the operator's language why the system refuses a file."""

from __future__ import annotations

import errno

from relay.base.values import Problem

_KNOWN = {
    errno.ENOENT: "system_missing",
    errno.EACCES: "system_forbidden",
    errno.EPERM: "system_forbidden",
    errno.EROFS: "system_read_only",
    errno.ENOSPC: "system_full",
    errno.EISDIR: "system_folder",
    errno.ENOTDIR: "system_no_folder",
}
"""Numbers of errors to codes of the catalogue."""


def why(error: OSError) -> Problem | str:
    """Return the reason; one that is not known stays in the system's words."""
    code = _KNOWN.get(error.errno or 0)
    return str(error.strerror or error) if code is None else Problem(code)
