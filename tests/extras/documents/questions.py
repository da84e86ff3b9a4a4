"""Knows the questions that people ask the views, as SQL for both dialects."""

from __future__ import annotations

from relay.database.tables import table_name
from relay.extras.documents.views import VIEWS

QUESTIONS = {
    "article since": (
        "SELECT DISTINCT customer_key, customer FROM {v_bought}"
        " WHERE article = '{article}' AND invoice_date >= '{since}'"
    ),
    "article not since": (
        "SELECT c.customer_key, c.customer FROM {v_customer} AS c WHERE c.city = '{city}'"
        " AND NOT EXISTS (SELECT 1 FROM {v_bought} AS b WHERE b.customer_key = c.customer_key"
        " AND b.article = '{article}' AND b.invoice_date >= '{since}')"
    ),
    "all of a customer": (
        "SELECT * FROM {v_document_position} WHERE customer_key = '{customer}'"
        " ORDER BY invoice_date, number, line"
    ),
    "turnover of a customer": "SELECT * FROM {v_turnover} WHERE customer_key = '{customer}'",
    "turnover of a customer by article": (
        "SELECT * FROM {v_turnover_article} WHERE customer_key = '{customer}'"
    ),
    "turnover of a customer by cost centre": (
        "SELECT * FROM {v_turnover_cost_centre} WHERE customer_key = '{customer}'"
    ),
    "turnover of an article": "SELECT * FROM {v_turnover_article} WHERE article = '{article}'",
    "a document by number": "SELECT * FROM {v_document} WHERE number = '{number}'",
    "not in Sage, and why": "SELECT * FROM {v_not_in_sage}",
}
"""What has a small answer, however many positions there are."""

# Cast, since not every server gives the sum of many the type of the sum of a few.
SUM = "CAST(SUM(this_year) AS decimal(38, 2))"
WHOLE = {
    "turnover of all customers": f"SELECT COUNT(*), {SUM} FROM {{v_turnover}}",
    "turnover of all by article": f"SELECT COUNT(*), {SUM} FROM {{v_turnover_article}}",
    "turnover of all by cost centre": f"SELECT COUNT(*), {SUM} FROM {{v_turnover_cost_centre}}",
    "addresses never handed over": "SELECT COUNT(*) FROM {v_not_handed_over}",
}
"""What has to look at everything of two years, or at all addresses."""


def asked(question: str, dialect: str, **values: str) -> str:
    """Return a question's SQL."""
    return question.format(**{view: table_name(dialect, view) for view in VIEWS}, **values)
