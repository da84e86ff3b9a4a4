-- What somebody changed in Sage after it was sent, field by field; nothing in Sage: the row is gone there. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city, field.
CREATE VIEW $view ($columns) AS
SELECT
    d.customer_key,
    COALESCE($own_name, d.sage_name) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    d.mandant,
    d.year,
    $field AS field,
    d.sent,
    d.in_sage AS sage_value,
    datetime(d.answered_at, 'localtime') AS since_local,
    datetime(y.customers_at, 'localtime') AS as_of_local,
    datetime(y.stale_since, 'localtime') AS stale_since_local
FROM (
    SELECT f.entity_key AS customer_key, c.name AS sage_name, c.mandant, f.year, f.field, f.sent, f.in_sage, f.answered_at
    FROM relay_difference AS f
    LEFT JOIN relay_customer AS c ON c.entity_key = f.entity_key AND c.year = f.year
) AS d
LEFT JOIN relay_answer_year AS y ON y.year = d.year
LEFT JOIN $address AS a ON $is_customer;
