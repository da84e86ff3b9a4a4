-- What is not settled in Sage: documents, and items that were written in Sage itself; what Sage owes is negative. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city, kind, owed.
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
    CASE WHEN d.open_amount > 0 AND d.due_date < CONVERT(date, SYSDATETIME()) THEN DATEDIFF(day, d.due_date, CONVERT(date, SYSDATETIME())) WHEN d.due_date IS NOT NULL AND d.open_amount IS NOT NULL THEN 0 END AS days_overdue,
    d.mandant,
    d.year,
    d.currency,
    d.gross AS gross,
    d.paid AS paid,
    d.open_amount AS open_amount,
    d.open_currency AS open_currency,
    d.last_payment,
    d.reminder_level,
    d.blocked,
    CONVERT(datetime2(0), y.open_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS as_of_local,
    CONVERT(datetime2(0), (
        SELECT MIN(n.stale_since)
        FROM relay.answer_year AS n
        WHERE n.mandant = y.mandant AND n.first_day >= y.first_day
    ) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS stale_since_local
FROM ($owed) AS d
LEFT JOIN relay.answer_year AS y ON y.year = d.year
LEFT JOIN $address AS a ON $is_customer;
