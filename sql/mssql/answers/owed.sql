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
FROM relay.document AS x
WHERE x.stands = 1 AND x.settled_on IS NULL AND x.debtor IS NOT NULL
UNION ALL
SELECT
    CAST(NULL AS nvarchar(450)) COLLATE Latin1_General_100_BIN2,
    i.customer_key,
    CAST(NULL AS nvarchar(200)),
    i.number,
    N'sage-item',
    i.item_date,
    i.due_in_sage,
    i.mandant,
    i.year,
    i.currency,
    CAST(NULL AS numeric(19, 2)),
    CAST(NULL AS numeric(19, 2)),
    i.open_amount,
    i.open_currency,
    i.last_payment,
    i.reminder_level,
    i.last_reminder,
    i.blocked
FROM relay.sage_item AS i
