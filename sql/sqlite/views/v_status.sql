-- Entries by status, over all (scope *) and for each Sage year, with each year's state and pause. Parameters: none.
CREATE VIEW relay_v_status AS
SELECT
    y.scope,
    y.state,
    y.state_de,
    y.since_local,
    y.state_since,
    y.error_code,
    y.error,
    y.paused,
    y.pause_reason,
    y.paused_by,
    y.paused_local,
    y.paused_at,
    c.status,
    n.status_de,
    COALESCE(c.entries, 0) AS entries,
    datetime(c.oldest_at, 'localtime') AS oldest_local,
    c.oldest_at,
    strftime('%s', 'now') - strftime('%s', c.oldest_at) AS oldest_seconds
FROM relay_v_year AS y
LEFT JOIN (
    SELECT '*' AS scope, o.status, COUNT(*) AS entries, MIN(o.created_at) AS oldest_at
    FROM relay_outbox AS o
    WHERE o.status IN ('pending', 'retrying', 'waiting', 'held')
    GROUP BY o.status
    UNION ALL
    -- Finished ones are counted by the index alone: there may be millions.
    SELECT '*', o.status, COUNT(*), NULL
    FROM relay_outbox AS o
    WHERE o.status IN ('applied', 'not_for_sage', 'skipped')
    GROUP BY o.status
    UNION ALL
    SELECT w.scope, w.status, COUNT(*), MIN(w.created_at)
    FROM (
        SELECT v.name AS scope, COALESCE(d.status, o.status) AS status, o.created_at
        FROM relay_outbox AS o
        CROSS JOIN relay_year AS v
        LEFT JOIN relay_delivery AS d ON d.outbox_id = o.id AND d.year = v.name
        WHERE o.status IN ('pending', 'retrying', 'waiting', 'held')
            AND (d.status IS NULL OR d.status IN ('pending', 'retrying', 'waiting', 'held'))
    ) AS w
    GROUP BY w.scope, w.status
    UNION ALL
    SELECT d.year, d.status, COUNT(*), NULL
    FROM relay_delivery AS d
    WHERE d.status IN ('applied', 'not_for_sage', 'skipped')
    GROUP BY d.year, d.status
) AS c ON c.scope = y.scope
LEFT JOIN relay_v_status_name AS n ON n.status = c.status;
