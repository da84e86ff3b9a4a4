-- Customers: the addresses that Sage holds, since when, and when they bought last. Placeholders: view, columns, address, key, key_text, handed_as_key, firm, last_name, first_name, address_number, zip, city.
CREATE VIEW $view ($columns) AS
SELECT
    d.entity_key AS customer_key,
    COALESCE(
        NULLIF(LTRIM(RTRIM($firm COLLATE DATABASE_DEFAULT)), N''),
        NULLIF(LTRIM(RTRIM(
            COALESCE($last_name COLLATE DATABASE_DEFAULT, N'') + N' '
            + COALESCE($first_name COLLATE DATABASE_DEFAULT, N'')
        )), N'')
    ) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    CONVERT(datetime2(0), d.at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS handed_over_local,
    (
        SELECT MAX(b.invoice_date)
        FROM relay.document AS b
        WHERE b.customer_key = d.entity_key AND b.stands = 1 AND b.kind = N'invoice'
    ) AS last_bought
FROM relay.handed_over AS d
-- Said twice: once for the documents' index, once for the addresses'.
LEFT JOIN $address AS a
    ON $key_text COLLATE Latin1_General_100_BIN2 = d.entity_key
    AND $key = $handed_as_key;
