-- Reminders that run: items that Sage has reminded of, or reminds of no more. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city, kind.
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
    CASE WHEN d.open_amount > 0 AND d.due_date < CONVERT(date, SYSDATETIME()) THEN DATEDIFF(day, d.due_date, CONVERT(date, SYSDATETIME())) WHEN d.due_date IS NOT NULL THEN 0 END AS days_overdue,
    d.mandant,
    d.year,
    d.open_amount AS open_amount,
    d.reminder_level,
    d.last_reminder,
    d.blocked,
    c.reminder_lock,
    CONVERT(datetime2(0), y.open_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS as_of_local,
    CONVERT(datetime2(0), (
        SELECT MIN(n.stale_since)
        FROM relay.answer_year AS n
        WHERE n.mandant = y.mandant AND n.first_day >= y.first_day
    ) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS stale_since_local
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
    FROM relay.document AS x
    WHERE x.stands = 1 AND x.settled_on IS NULL AND x.debtor IS NOT NULL AND (x.reminder_level > 0 OR x.blocked = 1)
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
    WHERE i.reminder_level > 0 OR i.blocked = 1
) AS d
LEFT JOIN relay.answer_year AS y ON y.year = d.year
LEFT JOIN relay.customer AS c ON c.entity_key = d.customer_key AND c.mandant = d.mandant AND c.year = d.year
LEFT JOIN $address AS a ON $is_customer;
