-- Reminders that run: items that Sage has reminded of, or reminds of no more. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city, kind, owed.
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
    CASE WHEN d.open_amount > 0 AND d.due_date < date('now', 'localtime') THEN CAST(julianday(date('now', 'localtime')) - julianday(d.due_date) AS INTEGER) WHEN d.due_date IS NOT NULL AND d.open_amount IS NOT NULL THEN 0 END AS days_overdue,
    d.mandant,
    d.year,
    d.open_amount / 100.0 AS open_amount,
    d.reminder_level,
    d.last_reminder,
    d.blocked,
    c.reminder_lock,
    datetime(y.open_at, 'localtime') AS as_of_local,
    datetime((
        SELECT MIN(n.stale_since)
        FROM relay_answer_year AS n
        WHERE n.mandant = y.mandant AND n.first_day >= y.first_day
    ), 'localtime') AS stale_since_local
FROM ($owed) AS d
LEFT JOIN relay_answer_year AS y ON y.year = d.year
LEFT JOIN relay_customer AS c ON c.entity_key = d.customer_key AND c.mandant = d.mandant AND c.year = d.year
LEFT JOIN $address AS a ON $is_customer
WHERE d.reminder_level > 0 OR d.blocked = 1;
