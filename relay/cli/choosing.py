"""Knows how records are chosen that a command is to try out: by name, open, selected."""

from __future__ import annotations

from collections.abc import Sequence

from relay.admin.dry_run import Trial
from relay.admin.lookup import records_named
from relay.admin.meant import selected_records
from relay.base.errors import Refused
from relay.base.values import RecordId
from relay.cli.frame import Caller


def choose(
    who: Caller,
    trial: Trial,
    names: Sequence[str],
    *,
    pending: bool,
    selected: bool,
) -> list[RecordId]:
    """Return the records that are named, selected for Sage, open in the outbox, in this order.

    Raises:
        Refused: cobra has no record that bears a name.
    """
    chosen: list[RecordId] = []
    with trial.lock.reading() as connection:
        for name in names:
            found = records_named(connection, who.settings, name)
            if not found:
                raise Refused("trial_unknown", key=name)
            chosen += found
        if selected:
            chosen += selected_records(connection, who.settings)
    if pending:
        chosen += trial.pending()
    return chosen
