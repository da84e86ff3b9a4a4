-- Customers: the addresses that Sage holds, since when, and when they bought last. Placeholders: view, columns, address, key, key_text, handed_as_key, firm, last_name, first_name, address_number, zip, city.
CREATE VIEW $view ($columns) AS
SELECT
    d.entity_key AS customer_key,
    COALESCE(
        NULLIF(TRIM($firm), ''),
        NULLIF(TRIM(COALESCE($last_name, '') || ' ' || COALESCE($first_name, '')), '')
    ) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    datetime(d.at, 'localtime') AS handed_over_local,
    (
        SELECT MAX(b.invoice_date)
        FROM relay_document AS b
        WHERE b.customer_key = d.entity_key AND b.stands = 1 AND b.kind = 'invoice'
    ) AS last_bought
FROM relay_handed_over AS d
-- Said twice: once for the documents' index, once for the addresses'.
LEFT JOIN $address AS a
    ON $key_text = d.entity_key
    AND $key = $handed_as_key;
