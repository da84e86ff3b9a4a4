"""Knows the command `mail`, with which an admin tries whether letters arrive."""

from __future__ import annotations

from relay.base.errors import Refused, Unavailable
from relay.cli.frame import Caller, command
from relay.extras.mail.letter import recipients, trial_letter
from relay.extras.mail.post import send
from relay.extras.mail.trouble import Role


@command("mail")
def mail(who: Caller) -> None:
    """Send a letter to each role, and say what the server answered."""
    settings = who.settings
    section = settings.mail
    if section is None:
        raise Refused("mail_not_configured")
    roles = [role for role in Role if recipients(section, role)]
    letters = {role: trial_letter(section, role, settings.language) for role in roles}
    refused = send(section, settings.mail_password(), letters)
    for role in roles:
        if role not in refused:
            who.say("mail_sent", to=", ".join(recipients(section, role)))
    if refused:
        raise Unavailable("mail_refused", what="; ".join(refused.values()))
