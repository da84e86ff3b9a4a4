-- Customers: the addresses that Sage holds, when they bought last, and how they stand there, for each mandant. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city.
CREATE VIEW $view ($columns) AS
SELECT
    d.customer_key,
    COALESCE($own_name) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    CONVERT(datetime2(0), d.at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS handed_over_local,
    (
        SELECT MAX(b.invoice_date)
        FROM relay.document AS b
        WHERE b.customer_key = d.customer_key AND b.stands = 1 AND b.kind = N'invoice'
    ) AS last_bought,
    c.mandant,
    c.debtor,
    c.account AS collective_account,
    c.terms,
    c.balance AS balance,
    c.overdue AS overdue,
    c.overdue_since,
    c.open_items,
    c.oldest_due,
    c.last_payment,
    c.last_reminder,
    c.reminder_lock,
    c.credit_limit AS credit_limit,
    CASE WHEN c.credit_limit > 0 AND c.balance >= c.credit_limit THEN 1 WHEN c.credit_limit IS NOT NULL AND c.balance IS NOT NULL THEN 0 END AS limit_reached,
    (
        SELECT CONVERT(datetime2(0), MIN(y.open_at) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time')
        FROM relay.answer_year AS y
        WHERE y.year IN (SELECT n.year FROM relay.customer AS n WHERE n.entity_key = c.entity_key AND n.mandant = c.mandant)
    ) AS as_of_local,
    (
        SELECT CONVERT(datetime2(0), MIN(y.stale_since) AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time')
        FROM relay.answer_year AS y
        WHERE y.year IN (SELECT n.year FROM relay.customer AS n WHERE n.entity_key = c.entity_key AND n.mandant = c.mandant)
    ) AS stale_since_local
FROM (SELECT h.entity_key AS customer_key, h.at FROM relay.handed_over AS h) AS d
LEFT JOIN relay.customer AS c ON c.entity_key = d.customer_key AND c.year = N''
LEFT JOIN $address AS a ON $is_customer;
