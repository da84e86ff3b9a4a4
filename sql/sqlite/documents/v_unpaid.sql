-- What is not settled in Sage: documents, and items that were written in Sage itself; what Sage owes is negative. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city, kind.
CREATE VIEW $view ($columns) AS
SELECT
    d.document_key,
    d.customer_key,
    COALESCE($own_name, d.customer_name) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    d.number,
    $kind AS kind,
    d.invoice_date,
    d.due_date,
    CASE WHEN d.open_amount > 0 AND d.due_date < date('now', 'localtime') THEN CAST(julianday(date('now', 'localtime')) - julianday(d.due_date) AS INTEGER) WHEN d.due_date IS NOT NULL THEN 0 END AS days_overdue,
    d.mandant,
    d.year,
    d.currency,
    d.gross / 100.0 AS gross,
    d.paid / 100.0 AS paid,
    d.open_amount / 100.0 AS open_amount,
    d.open_currency / 100.0 AS open_currency,
    d.last_payment,
    d.reminder_level,
    d.blocked,
    datetime(y.open_at, 'localtime') AS as_of_local,
    datetime((
        SELECT MIN(n.stale_since)
        FROM relay_answer_year AS n
        WHERE n.mandant = y.mandant AND n.first_day >= y.first_day
    ), 'localtime') AS stale_since_local
FROM (
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
) AS d
LEFT JOIN relay_answer_year AS y ON y.year = d.year
LEFT JOIN $address AS a ON $is_customer;
