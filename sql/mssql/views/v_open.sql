-- Entries that are not finished: what is wrong or missing, in which year, and what waits behind them. Parameters: none.
-- Meets the outbox as relay/cobra/access.py says: SHOWN.
CREATE VIEW relay.v_open AS
SELECT
    o.id AS entry,
    o.entity,
    o.entity_key,
    o.status,
    n.status_de,
    o.error_code,
    o.error,
    o.waiting_on,
    -- STRING_AGG came a version too late, so FOR XML strings them; what it adds is taken away.
    REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE((
        SELECT d.year + N': ' + dn.status_de + COALESCE(N' (' + d.error_code + N')', N'') AS y
        FROM relay.delivery AS d
        JOIN relay.v_status_name AS dn ON dn.status = d.status
        WHERE d.outbox_id = o.id
        ORDER BY d.year
        FOR XML PATH('')
    ), N'</y><y>', N'; '), N'<y>', N''), N'</y>', N''), N'&lt;', N'<'), N'&gt;', N'>'), N'&amp;', N'&') AS years,
    (
        SELECT COUNT(*)
        FROM relay.outbox AS q WITH (READCOMMITTEDLOCK, READPAST)
        WHERE q.entity = o.entity
            AND q.entity_key = o.entity_key
            AND q.id <> o.id
            AND q.status IN (N'pending', N'retrying', N'waiting', N'held')
    ) AS behind,
    COALESCE(other.entries, 0) AS dependents,
    o.operation,
    o.changed,
    o.cause,
    CONVERT(datetime2(0), o.created_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS created_local,
    o.created_at,
    o.created_by,
    DATEDIFF(second, o.created_at, SYSUTCDATETIME()) AS age_seconds,
    o.attempts,
    CONVERT(datetime2(0), o.next_attempt_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS next_attempt_local,
    o.next_attempt_at
FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
JOIN relay.v_status_name AS n ON n.status = o.status
LEFT JOIN (
    SELECT w.waiting_on COLLATE Latin1_General_100_BIN2 AS record, COUNT(*) AS entries
    FROM relay.outbox AS w WITH (READCOMMITTEDLOCK, READPAST)
    WHERE w.status IN (N'waiting', N'held')
        AND w.waiting_on <> w.entity COLLATE Latin1_General_100_BIN2 + N':' + w.entity_key
    GROUP BY w.waiting_on COLLATE Latin1_General_100_BIN2
) AS other ON other.record = o.entity COLLATE Latin1_General_100_BIN2 + N':' + o.entity_key
WHERE o.status IN (N'pending', N'retrying', N'waiting', N'held');
