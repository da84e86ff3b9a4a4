-- Documents that are not in Sage yet, or whose news is not, and why. Placeholders: view, columns, address, is_customer, own_name, address_number, zip, city, kind, state, reason.
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
    d.currency,
    d.currency_gross,
    $state AS state,
    $reason AS reason,
    d.stands AS in_sage,
    CONVERT(datetime2(0), d.updated_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS since_local
FROM relay.document AS d
LEFT JOIN $address AS a ON $is_customer
LEFT JOIN relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST) ON o.id = d.entry
WHERE d.state IN (N'held', N'waiting');
