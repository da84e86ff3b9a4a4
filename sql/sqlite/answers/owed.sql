-- All items that are not settled in Sage, one below the other: documents, and items that were written in Sage itself. Placeholders: none.
SELECT
    x.entity_key AS document_key,
    x.customer_key,
    x.customer_name,
    x.number,
    x.kind,
    x.invoice_date,
    COALESCE(x.due_in_sage, x.due_date) AS due_date,
    x.mandant,
    x.answered_in AS year,
    x.currency,
    x.gross,
    x.paid,
    x.open_amount,
    x.open_currency,
    x.last_payment,
    x.reminder_level,
    x.last_reminder,
    x.blocked
FROM relay_document AS x
WHERE x.stands = 1 AND x.settled_on IS NULL AND x.debtor IS NOT NULL
UNION ALL
SELECT
    NULL,
    i.customer_key,
    NULL,
    i.number,
    'sage-item',
    i.item_date,
    i.due_in_sage,
    i.mandant,
    i.year,
    i.currency,
    NULL,
    NULL,
    i.open_amount,
    i.open_currency,
    i.last_payment,
    i.reminder_level,
    i.last_reminder,
    i.blocked
FROM relay_sage_item AS i
