"""Knows the demo's relay.toml: the invoices of one cobra, the Sage years of two mandants."""

TOML = """\
# The demo's configuration: cobra's invoices go to the Sage years of two mandants.
language = "{language}"

[relay]
poll_ms = 50
batch_size = 50                     # small, so that there is something to see
recheck_seconds = 2

[cobra]
url = "sqlite:///cobra.db"

[cobra.address]
table = "ADDRESSES"
key = "ID"
parent = "MAINID"
required = ["firm|last_name", "zip", "city"]
deleted = {{ column = "DELETED0", is = 1 }}

[cobra.address.fields]              # our name = cobra's column
sage_address_number = "SAGENR0"
salutation = "SALUTATION0"
firm = "COMPANY1"
firm2 = "COMPANY2"
last_name = "LASTNAME0"
first_name = "FIRSTNAME0"
street = "STREET0"
house_number = "HOUSENO0"
zip = "ZIP0"
city = "CITY0"
country = "COUNTRY0"
language = "LANGUAGE0"
phone = "PHONE0"
terms = "TERMS0"

[cobra.invoice]
table = "INVOICES"
key = "ID"
address = "ADDRESSID"
final = {{ column = "PRINTEDON", is = "not null" }}
cancelled = {{ column = "CANCELLED", is = 1 }}
book_from = {book_from}
settle_seconds = 0
on_cancel = "reverse"

[cobra.invoice.fields]
invoice_number = "NUMBER"
invoice_date = "INVOICEDATE"
mandant = "MANDANT"
terms = "TERMS"
text = "SUBJECT"
gross = "GROSS"

[cobra.position]
table = "POSITIONS"
key = "ID"
invoice = "INVOICEID"

[cobra.position.fields]
line = "LINE"
article = "ARTICLE"
quantity = "QUANTITY"
unit_price = "PRICE"
text = "TEXT"
amount = "NET"
account = "ACCOUNT"
vat = "VATCODE"
cost_centre = "COSTCENTRE"

[documents]                         # each invoice's document, in tables and views of cobra

[answers]                           # what Sage alone knows: paid or not, balances
open_seconds = 1                    # else 60
customers_seconds = 1               # else 900

[map]
language = {{ deutsch = "D", "français" = "F", italiano = "I" }}
terms = {{ "30" = "30T" }}
mandant = {{ "1" = "MUSTER", "2" = "MUSTER-IMMO" }}
vat = [
    {{ category = "normal", from = 2024-01-01, key = "USt81" }},
    {{ category = "reduced", from = 2024-01-01, key = "USt26" }},
    {{ category = "none", key = "USt00" }},
]

[sage]
mode = "invoices"
collective_account = {{ CHF = "1100" }}
"""
YEAR_TOML = """
[[sage.year]]
name = "{name}"
mandant = "{mandant}"
first_day = {year}-01-01
last_day = {year}-12-31
url = "sqlite:///{name}.db"
"""
