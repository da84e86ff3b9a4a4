-- Turnover of each customer this year and last: net, in the currency of Sage's year, credit notes taken off. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city.
CREATE VIEW $view ($columns) AS
SELECT
    d.customer_key,
    COALESCE(
        $own_name,
        (SELECT MAX(n.customer_name) FROM relay_document AS n WHERE n.customer_key = d.customer_key)
    ) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    d.mandant,
    COALESCE(d.this_year, 0) / 100.0 AS this_year,
    COALESCE(d.last_year, 0) / 100.0 AS last_year
FROM (
    SELECT
        x.customer_key,
        x.mandant,
        SUM(CASE WHEN x.invoice_date >= date('now', 'localtime', 'start of year') THEN x.net END) AS this_year,
        SUM(CASE WHEN x.invoice_date < date('now', 'localtime', 'start of year') THEN x.net END) AS last_year
    FROM relay_document AS x
    WHERE x.stands = 1 AND x.invoice_date >= date('now', 'localtime', 'start of year', '-1 year')
    GROUP BY x.customer_key, x.mandant
) AS d
LEFT JOIN $address AS a ON $is_customer;
