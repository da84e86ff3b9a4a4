-- Customers: the addresses that Sage holds, since when, and when they bought last. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city.
CREATE VIEW $view ($columns) AS
SELECT
    d.customer_key,
    COALESCE($own_name) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    datetime(d.at, 'localtime') AS handed_over_local,
    (
        SELECT MAX(b.invoice_date)
        FROM relay_document AS b
        WHERE b.customer_key = d.customer_key AND b.stands = 1 AND b.kind = 'invoice'
    ) AS last_bought
FROM (SELECT h.entity_key AS customer_key, h.at FROM relay_handed_over AS h) AS d
LEFT JOIN $address AS a ON $is_customer;
