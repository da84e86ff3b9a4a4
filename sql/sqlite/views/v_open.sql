-- Entries that are not finished: what is wrong or missing, in which year, and what waits behind them. Parameters: none.
CREATE VIEW relay_v_open AS
SELECT
    o.id AS entry,
    o.entity,
    o.entity_key,
    o.status,
    n.status_de,
    o.error_code,
    o.error,
    o.waiting_on,
    (
        SELECT group_concat(y.told, '; ')
        FROM (
            SELECT d.year || ': ' || dn.status_de || COALESCE(' (' || d.error_code || ')', '') AS told
            FROM relay_delivery AS d
            JOIN relay_v_status_name AS dn ON dn.status = d.status
            WHERE d.outbox_id = o.id
            ORDER BY d.year
        ) AS y
    ) AS years,
    (
        SELECT COUNT(*)
        FROM relay_outbox AS q
        WHERE q.entity = o.entity
            AND q.entity_key = o.entity_key
            AND q.id <> o.id
            AND q.status IN ('pending', 'retrying', 'waiting', 'held')
    ) AS behind,
    COALESCE(other.entries, 0) AS dependents,
    o.operation,
    o.changed,
    o.cause,
    datetime(o.created_at, 'localtime') AS created_local,
    o.created_at,
    o.created_by,
    strftime('%s', 'now') - strftime('%s', o.created_at) AS age_seconds,
    o.attempts,
    datetime(o.next_attempt_at, 'localtime') AS next_attempt_local,
    o.next_attempt_at
FROM relay_outbox AS o
JOIN relay_v_status_name AS n ON n.status = o.status
LEFT JOIN (
    SELECT w.waiting_on AS record, COUNT(*) AS entries
    FROM relay_outbox AS w
    WHERE w.status IN ('waiting', 'held')
        AND w.waiting_on <> w.entity || ':' || w.entity_key
    GROUP BY w.waiting_on
) AS other ON other.record = o.entity || ':' || o.entity_key
WHERE o.status IN ('pending', 'retrying', 'waiting', 'held');
