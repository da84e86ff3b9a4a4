"""Knows the command `page`: the page's own process, and who may sign in to it."""

from __future__ import annotations

from getpass import getuser

import click

from relay.admin.repair import repairing
from relay.admin.status import asking
from relay.base.errors import Refused
from relay.base.values import Person
from relay.cli import logs
from relay.cli.frame import Caller, Group, calling, command, described
from relay.cli.options import as_json
from relay.database.connecting import cobra_engine
from relay.extras.page.users import LONGEST_NAME, PageRole, PageUser, add_user, revoke_user, users
from relay.settings.parts import PageSection

_ROLES = click.Choice([str(role) for role in PageRole])


@click.group(cls=Group, help=described("page"), invoke_without_command=True)
@click.pass_context
def page(ctx: click.Context) -> None:
    """Serve until it is told to end, unless something is asked about people."""
    if ctx.invoked_subcommand is None:
        _serve(calling(ctx))


def _serve(who: Caller) -> None:
    section = _section(who)
    try:
        from relay.extras.page.desk import FrontDesk  # noqa: PLC0415 - needs other packages
        from relay.extras.page.serving import serve  # noqa: PLC0415 - the same
        from relay.extras.page.site import site  # noqa: PLC0415 - the same
    except ImportError as error:
        raise Refused("page_missing") from error
    logs.configure()
    engine = cobra_engine(who.settings)
    serve(
        site(FrontDesk(who.settings, section, engine)),
        section,
        lambda url: who.say("page_open_at", url=url),
    )


def _section(who: Caller) -> PageSection:
    if who.settings.page is None:
        raise Refused("page_not_configured")
    return who.settings.page


@page.group(cls=Group, help=described("page_user"))
def user() -> None:
    """Gather what concerns the people who sign in."""


@command("add", user, "page")
@click.argument("name")
@click.option("--role", type=_ROLES, required=True, help=described("page_role"))
@click.option("--days", type=click.IntRange(1, 3650), help=described("page_days"))
def add(who: Caller, name: str, role: str, days: int | None) -> None:
    """Make a token and show it; nobody can show it again."""
    with repairing(cobra_engine(who.settings), Person(getuser(), "")) as repair:
        token = add_user(repair.connection, name, PageRole(role), days, getuser())
        repair.note("page_user_add", name[:LONGEST_NAME], {"role": role, "days": days})
    who.say("page_user_added", name=name)
    who.put(token)


@command("revoke", user, "page")
@click.argument("name")
def revoke(who: Caller, name: str) -> None:
    """Let somebody in no longer; who is signed in is out with the next click."""
    with repairing(cobra_engine(who.settings), Person(getuser(), "")) as repair:
        revoke_user(repair.connection, name, getuser())
        repair.note("page_user_revoke", name[:LONGEST_NAME], {})
    who.say("page_user_revoked", name=name)


@command("list", user, "page")
@as_json
def list_users(who: Caller, *, as_json: bool) -> None:
    """Show who may sign in, or might once."""
    with asking(cobra_engine(who.settings)) as connection:
        found = users(connection)
    if as_json:
        shown = ("name", "role", "created_by", "created_at", "expires_at", "revoked_at", "counts")
        who.put_json([{name: getattr(one, name) for name in shown} for one in found])
        return
    if not found:
        who.say("page_no_users")
        return
    table = who.table("head_name", "head_user_role", "head_by", "head_since", "head_user_until")
    for one in found:
        since = who.local(one.created_at)
        table.add_row(one.name, one.role, one.created_by or "-", since, _until(who, one))
    who.put_table(table)


def _until(who: Caller, one: PageUser) -> str:
    if not one.counts:
        return who.text("page_counts_no_more")
    return who.text("page_counts_always") if one.expires_at is None else who.local(one.expires_at)
