-- Positions of all documents, with head and customer. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city, kind, state.
CREATE VIEW $view ($columns) AS
SELECT
    d.entity_key AS document_key,
    d.customer_key,
    COALESCE($own_name, d.customer_name) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    d.number,
    $kind AS kind,
    d.invoice_date,
    d.mandant,
    d.year,
    d.stands AS in_sage,
    $state AS state,
    p.line,
    p.article,
    p.text,
    p.quantity / 1000000.0 AS quantity,
    p.unit_price / 1000000.0 AS unit_price,
    p.account,
    p.cost_centre,
    p.tax_key,
    p.net / 100.0 AS net,
    p.tax / 100.0 AS tax
FROM relay_document AS d
JOIN relay_document_position AS p ON p.entity_key = d.entity_key
LEFT JOIN $address AS a ON $is_customer
LEFT JOIN relay_outbox AS o ON o.id = d.entry AND d.state IN ('held', 'waiting');
