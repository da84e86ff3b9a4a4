-- Turnover of each customer by cost centre, this year and last. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city.
CREATE VIEW $view ($columns) AS
SELECT
    d.customer_key,
    COALESCE(
        $own_name,
        (SELECT MAX(n.customer_name) FROM relay.document AS n WHERE n.customer_key = d.customer_key)
    ) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    d.mandant,
    d.cost_centre,
    COALESCE(d.this_year, 0) AS this_year,
    COALESCE(d.last_year, 0) AS last_year
FROM (
    SELECT
        x.customer_key,
        x.mandant,
        p.cost_centre,
        SUM(CASE WHEN x.invoice_date >= DATEFROMPARTS(YEAR(SYSDATETIME()), 1, 1) THEN p.net END) AS this_year,
        SUM(CASE WHEN x.invoice_date < DATEFROMPARTS(YEAR(SYSDATETIME()), 1, 1) THEN p.net END) AS last_year
    FROM relay.document AS x
    JOIN relay.document_position AS p ON p.entity_key = x.entity_key
    WHERE x.stands = 1 AND x.invoice_date >= DATEFROMPARTS(YEAR(SYSDATETIME()) - 1, 1, 1)
    GROUP BY x.customer_key, x.mandant, p.cost_centre
) AS d
LEFT JOIN $address AS a ON $is_customer;
