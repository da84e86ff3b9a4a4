"""Knows how a Sage year is written: by which settings, and whom it may ask."""

from __future__ import annotations

from relay.cobra.decisions import Confirmations
from relay.rules.address.plan import Policy, PreviousNumber
from relay.rules.invoice.paid import Elsewhere
from relay.rules.policy import rules_of
from relay.sage.batch_planning import Method
from relay.sage.master_data import KeptMasters
from relay.settings import Settings


def method_of(
    settings: Settings,
    previous: PreviousNumber,
    confirmed: Confirmations,
    masters: KeptMasters,
    elsewhere: Elsewhere,
) -> Method:
    """Return the method of a year.

    Its preceding year is asked by `previous`, what a person confirmed by `confirmed`;
    `masters` keeps its master data; `elsewhere` asks the mandant's other years for payments.
    """
    policy = Policy(
        settings.sage.mode, settings.cobra.address.on_delete, settings.map.of("letters") or {}
    )
    return Method(policy, rules_of(settings), previous, masters, confirmed, elsewhere)
