-- Documents: each invoice with its customer, as it stands in Sage or with what keeps it from there. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city, kind, state, reason.
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
    d.due_date,
    d.mandant,
    d.year,
    d.currency,
    d.currency_gross,
    d.net,
    d.tax,
    d.gross,
    d.reference,
    d.text,
    d.posted_on,
    d.sage_document,
    d.open_item,
    d.reversal,
    d.stands AS in_sage,
    $state AS state,
    $reason AS reason
FROM relay.document AS d
LEFT JOIN $address AS a ON $is_customer
LEFT JOIN relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST) ON o.id = d.entry AND d.state IN (N'held', N'waiting');
