"""Knows the command `mail`, with which an admin tries whether letters arrive."""

from __future__ import annotations

import click

from relay.base.errors import Refused, Unavailable
from relay.cli.frame import Caller, described, operator
from relay.extras.mail.letter import recipients, trial_letter
from relay.extras.mail.post import send
from relay.extras.mail.trouble import Role


@click.command(help=described("mail"))
@operator
def mail(who: Caller) -> None:
    """Send a letter to each role, and say what the server answered."""
    settings = who.settings
    told = settings.mail
    if told is None:
        raise Refused("mail_not_configured")
    roles = [role for role in Role if recipients(told, role)]
    letters = {role: trial_letter(told, role, settings.language) for role in roles}
    refused = send(told, settings.mail_password(), letters)
    for role in roles:
        if role not in refused:
            who.say("mail_sent", to=", ".join(recipients(told, role)))
    if refused:
        raise Unavailable("mail_refused", what="; ".join(refused.values()))
