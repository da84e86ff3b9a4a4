"""Knows how a Sage year is written: by which settings, and whom it may ask."""

from __future__ import annotations

from relay.cobra.decisions import Decided
from relay.rules.address.plan import Policy, PreviousNumber
from relay.rules.invoice.paid import Elsewhere
from relay.rules.policy import rules_of
from relay.sage.batch_planning import Method
from relay.sage.master_data import KeptMasters
from relay.settings import Settings


def method_of(
    settings: Settings,
    previous: PreviousNumber,
    decided: Decided,
    masters: KeptMasters,
    elsewhere: Elsewhere,
) -> Method:
    """Return the method of a year.

    Its preceding year is asked by `previous`; `decided` is what people decided for it;
    `masters` keeps its master data; `elsewhere` asks the mandant's other years for payments.
    """
    policy = Policy(
        settings.sage.mode, settings.cobra.address.on_delete, settings.map.of("letters") or {}
    )
    rules, (confirmed, followed) = rules_of(settings), decided
    return Method(policy, rules, previous, masters, confirmed, followed, elsewhere)
