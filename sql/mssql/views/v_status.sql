-- Entries by status, over all (scope *) and for each Sage year, with each year's state and pause. Parameters: none.
-- Meets the outbox as relay/cobra/access.py says: COUNTED.
CREATE VIEW relay.v_status AS
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
    CONVERT(datetime2(0), c.oldest_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS oldest_local,
    c.oldest_at,
    DATEDIFF(second, c.oldest_at, SYSUTCDATETIME()) AS oldest_seconds
FROM relay.v_year AS y
LEFT JOIN (
    SELECT N'*' AS scope, o.status, COUNT(*) AS entries, MIN(o.created_at) AS oldest_at
    FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
    WHERE o.status IN (N'pending', N'retrying', N'waiting', N'held')
    GROUP BY o.status
    UNION ALL
    -- Finished ones are counted by the index alone: there may be millions.
    SELECT N'*', o.status, COUNT(*), NULL
    FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
    WHERE o.status IN (N'applied', N'not_for_sage', N'skipped')
    GROUP BY o.status
    UNION ALL
    SELECT w.scope, w.status, COUNT(*), MIN(w.created_at)
    FROM (
        SELECT v.name AS scope, COALESCE(d.status, o.status) AS status, o.created_at
        FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
        CROSS JOIN relay.year AS v
        LEFT JOIN relay.delivery AS d ON d.outbox_id = o.id AND d.year = v.name
        WHERE o.status IN (N'pending', N'retrying', N'waiting', N'held')
            AND (d.status IS NULL OR d.status IN (N'pending', N'retrying', N'waiting', N'held'))
    ) AS w
    GROUP BY w.scope, w.status
    UNION ALL
    SELECT d.year, d.status, COUNT(*), NULL
    FROM relay.delivery AS d
    WHERE d.status IN (N'applied', N'not_for_sage', N'skipped')
    GROUP BY d.year, d.status
) AS c ON c.scope = y.scope
LEFT JOIN relay.v_status_name AS n ON n.status = c.status;
