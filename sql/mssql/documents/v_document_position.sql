-- Positions of all documents, with head and customer. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city, kind, state.
-- Meets the outbox as relay/cobra/access.py says: SHOWN.
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
    p.quantity,
    p.unit_price,
    p.account,
    p.cost_centre,
    p.tax_key,
    p.net,
    p.tax
FROM relay.document AS d
JOIN relay.document_position AS p ON p.entity_key = d.entity_key
LEFT JOIN $address AS a ON $is_customer
LEFT JOIN relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST) ON o.id = d.entry AND d.state IN (N'held', N'waiting');
