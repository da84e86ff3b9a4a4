-- Addresses that Sage never held, with what was last said of them. Placeholders: view, columns, address, key_text, own_name, address_number, zip, city, chosen.
-- Meets the outbox as relay/cobra/access.py says: SHOWN.
CREATE VIEW $view ($columns) AS
SELECT
    $key_text AS customer_key,
    COALESCE($own_name) AS customer,
    $address_number AS address_number,
    $zip AS zip,
    $city AS city,
    (
        SELECT TOP (1) COALESCE(o.error, o.reason)
        FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
        WHERE o.entity = N'address' AND o.entity_key = $key_text
        ORDER BY o.id DESC
    ) AS reason
FROM $address AS a
WHERE ($chosen)
    AND NOT EXISTS (SELECT 1 FROM relay.handed_over AS h WHERE h.entity_key = $key_text);
