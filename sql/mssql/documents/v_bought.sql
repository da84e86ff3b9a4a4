-- Who bought what and when: positions of the invoices that Sage holds, credit notes left aside. Placeholders: view, columns, address, key, key_text, customer_as_key, firm, last_name, first_name, address_number, zip, city.
CREATE VIEW $view ($columns) AS
SELECT
    p.article,
    d.invoice_date,
    d.customer_key,
    COALESCE(
        NULLIF(LTRIM(RTRIM($firm COLLATE DATABASE_DEFAULT)), N''),
        NULLIF(LTRIM(RTRIM(
            COALESCE($last_name COLLATE DATABASE_DEFAULT, N'') + N' '
            + COALESCE($first_name COLLATE DATABASE_DEFAULT, N'')
        )), N''), d.customer_name
    ) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    d.number,
    p.text,
    p.quantity,
    p.net,
    d.entity_key AS document_key
FROM relay.document_position AS p
JOIN relay.document AS d ON d.entity_key = p.entity_key
-- Said twice: once for the documents' index, once for the addresses'.
LEFT JOIN $address AS a
    ON $key_text COLLATE Latin1_General_100_BIN2 = d.customer_key
    AND $key = $customer_as_key
WHERE d.stands = 1 AND d.kind = N'invoice';
