"""Documented cases: what stands in cobra, and what a bookkeeper expects of it in Sage.

Each file `*.toml` beside this one is a world of its own: cobra, two Sage years (MUSTER2025,
MUSTER2026) with the master data of `tests.world.office`, and one relay. Its cases are played
together, each with a customer and an invoice of its own, from the clerk's save to what Sage then
holds. All files run on every dialect: `make test ARGS="-k documented"`.

    title = "What the file is about"

    [settings]                          # laid over the tests' relay.toml; "" removes nothing
    cobra.invoice.credit_notes = "swapped"
    [[sage.Acc]]                        # more master data, for both years
    AccId = "3400"
    [before]                            # what a bookkeeper did in Sage in a year beforehand
    MUSTER2026 = ["UPDATE Client SET PeriodFrom = '2026-02-01'"]

    [[case]]
    name = "Two rates, one cost centre"
    rule = 4                            # of the rules in ops/bookkeeping.en.md; optional
    main = { COMPANY1 = "Muster AG" }   # the customer is a sub address of this one; optional
    customer = { CITY0 = "Bern" }       # over the tests' customer (tests.world.company), whose
                                        # house number is the case's, so that none is a duplicate
    invoice = { GROSS = "267.50", INVOICEDATE = 2026-01-31 }   # columns of cobra's invoice
    positions = '''
    NET      ACCOUNT   VATCODE   COSTCENTRE
    200.00   3000      normal    KST1
     50.00   3200      reduced   -
    '''                                 # columns two blanks apart; "-" is an empty field
    journal = '''
    1100   S   267.50
    3000   H   200.00   USt81
    KST1   H   200.00
    2200   H    16.20
    3200   H    50.00   USt26
    2200   H     1.30
    '''                                 # account, side, amount, tax key, amount in the currency

An invoice has the number 20260001 for the first case of a file, and so on, is of 31 January 2026
and printed; `{number}` stands for it. What is expected, after the first and after each further
step:

* `held`, `waiting`, `not_for_sage`: the code; without one of them Sage must hold the invoice.
* `says`: parts of the sentence that people read: the faulty value, dates, settings. Number,
  customer and amount, a place where to correct it, and whether it then goes by itself, are looked
  for in every sentence; all of this in German and in English.
* `warnings`: the codes of the delivery's warnings, all of them; none is the default.
* `journal`: the documents of this invoice in the order of their booking, an empty line between
  two; a line with nothing but a day gives the day of the document that follows.
* `item`, `address`, `debtor`: columns of Sage's open item, address and debtor account, by tag.
* `about = "address"`: all this is expected of the customer's address, not of the invoice; without
  `positions` there is none.
* `year`: where this is looked for; MUSTER2026 unless said otherwise.

    [[case.then]]                       # a further step: what happens next ...
    edit = { CANCELLED = true }         # columns of the invoice
    edit_positions = { ACCOUNT = "3200" }
    edit_customer = { CITY0 = "Bern" }
    positions = '''...'''               # in place of all positions
    deleted = true                      # the invoice is deleted
    customer_deleted = true             # the address is deleted
    in_sage = ["UPDATE OPd SET MCdt = '50.00' WHERE OpId = '{number}'"]   # in `year`
    held = "item_paid"                  # ... and what is then expected

The steps of all cases of a file are played side by side: the first of each, a drain, the second
of each, a look at what is held, a drain, and so on.
"""
