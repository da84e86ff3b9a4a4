"""Lets a test look at the commands of a group, also of those that are imported when called."""

from __future__ import annotations

import click


def commands_of(command: click.Command) -> dict[str, click.Command]:
    """Return the commands of a group by name; a single command has none."""
    if not isinstance(command, click.Group):
        return {}
    ctx = click.Context(command)
    found = {name: command.get_command(ctx, name) for name in command.list_commands(ctx)}
    return {name: one for name, one in found.items() if one is not None}
