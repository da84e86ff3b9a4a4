-- Who bought what and when: positions of the invoices that Sage holds, credit notes left aside. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city.
CREATE VIEW $view ($columns) AS
SELECT
    p.article,
    d.invoice_date,
    d.customer_key,
    COALESCE($own_name, d.customer_name) AS customer,
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
LEFT JOIN $address AS a ON $is_customer
WHERE d.stands = 1 AND d.kind = N'invoice';
