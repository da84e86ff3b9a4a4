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
    CONVERT(datetime2(0), d.answered_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS since_local,
    CONVERT(datetime2(0), y.customers_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS as_of_local,
    CONVERT(datetime2(0), y.stale_since AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS stale_since_local
FROM (
    SELECT f.entity_key AS customer_key, c.name AS sage_name, c.mandant, f.year, f.field, f.sent, f.in_sage, f.answered_at
    FROM relay.difference AS f
    LEFT JOIN relay.customer AS c ON c.entity_key = f.entity_key AND c.year = f.year
) AS d
LEFT JOIN relay.answer_year AS y ON y.year = d.year
LEFT JOIN $address AS a ON $is_customer;
