-- One row that tells whether all is well: how much is open, since when, and what hinders it. Parameters: none.
-- Meets the outbox as relay/cobra/access.py says: COUNTED.
CREATE VIEW relay.v_lag AS
SELECT
    CASE
        WHEN held.held > 0 OR waiting.for_person > 0 OR years.not_ready > 0 OR pauses.paused > 0 OR due.seconds > 60 THEN 0
        ELSE 1
    END AS all_well,
    DATEDIFF(second, oldest.created_at, SYSUTCDATETIME()) AS lag_seconds,
    due.due + waiting.waiting + held.held AS open_entries,
    due.due,
    due.seconds AS due_seconds,
    waiting.waiting,
    waiting.for_person AS waiting_for_person,
    held.held,
    years.not_ready AS years_not_ready,
    pauses.paused AS pauses,
    oldest.id AS oldest_entry,
    oldest.entity AS oldest_entity,
    oldest.entity_key AS oldest_key,
    oldest.status AS oldest_status,
    n.status_de AS oldest_status_de,
    CONVERT(datetime2(0), oldest.created_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS oldest_local,
    oldest.created_at AS oldest_at
FROM (
    SELECT COUNT(*) AS due, DATEDIFF(second, MIN(o.created_at), SYSUTCDATETIME()) AS seconds
    FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
    WHERE o.status IN (N'pending', N'retrying')
) AS due
CROSS JOIN (
    SELECT
        COUNT(*) AS waiting,
        -- All codes but those that time or another process ends: as relay/base/codes.py, ended_by_time.
        COUNT(CASE WHEN o.error_code NOT IN (
            N'moving_year', N'payment_unknown', N'previous_year_away', N'record_locked',
            N'sage_locked', N'sage_unknown', N'year_away'
        ) THEN 1 END) AS for_person
    FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
    WHERE o.status = N'waiting'
) AS waiting
CROSS JOIN (SELECT COUNT(*) AS held FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST) WHERE o.status = N'held') AS held
CROSS JOIN (SELECT COUNT(*) AS not_ready FROM relay.year AS y WHERE y.state NOT IN (N'ready', N'removed')) AS years
CROSS JOIN (SELECT COUNT(*) AS paused FROM relay.paused AS p) AS pauses
OUTER APPLY (
    SELECT TOP (1) o.id, o.entity, o.entity_key, o.status, o.created_at
    FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
    WHERE o.status IN (N'pending', N'retrying', N'waiting', N'held')
    ORDER BY o.created_at, o.id
) AS oldest
LEFT JOIN relay.v_status_name AS n ON n.status = oldest.status;
