"""What holds on the reference Sage holds on each odd one: the same tests, by another schema."""

from __future__ import annotations

from tests.engine.test_crash import test_repeats_without_loss_or_double as test_address_survives
from tests.sage.test_addresses import (
    test_deleted_address_locks_its_debtor,
    test_number_adopted_when_the_previous_year_agrees,
    test_number_known_to_sage_alone_is_held,
)
from tests.sage.test_booking import (
    test_cancelled_is_reversed_by_policy,
    test_change_after_booking_is_held,
    test_credit_note_can_swap_sides,
    test_credit_note_is_negative,
    test_every_address_change_follows_at_once,
    test_first_invoice_brings_its_customer,
    test_postings_point_at_their_rows,
    test_reverse_and_rebook,
    test_two_invoices_of_a_new_customer_in_one_batch,
)
from tests.sage.test_exactly_once import (
    test_booked_in_two_years_is_held,
    test_moving_repeats_without_double,
    test_rebooking_repeats_without_double,
    test_repeats_without_loss_or_double,
    test_reversal_repeats_without_double,
)
from tests.sage.test_reads_back import test_accepted_document_reads_back

__all__ = [
    "test_accepted_document_reads_back",
    "test_address_survives",
    "test_booked_in_two_years_is_held",
    "test_cancelled_is_reversed_by_policy",
    "test_change_after_booking_is_held",
    "test_credit_note_can_swap_sides",
    "test_credit_note_is_negative",
    "test_deleted_address_locks_its_debtor",
    "test_every_address_change_follows_at_once",
    "test_first_invoice_brings_its_customer",
    "test_moving_repeats_without_double",
    "test_number_adopted_when_the_previous_year_agrees",
    "test_number_known_to_sage_alone_is_held",
    "test_postings_point_at_their_rows",
    "test_rebooking_repeats_without_double",
    "test_repeats_without_loss_or_double",
    "test_reversal_repeats_without_double",
    "test_reverse_and_rebook",
    "test_two_invoices_of_a_new_customer_in_one_batch",
]
