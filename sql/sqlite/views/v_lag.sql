-- One row that tells whether all is well: how much is open, since when, and what hinders it. Parameters: none.
CREATE VIEW relay_v_lag AS
SELECT
    CASE
        WHEN held.held > 0 OR waiting.for_person > 0 OR years.not_ready > 0 OR pauses.paused > 0 OR due.seconds > 60 THEN 0
        ELSE 1
    END AS all_well,
    strftime('%s', 'now') - strftime('%s', oldest.created_at) AS lag_seconds,
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
    datetime(oldest.created_at, 'localtime') AS oldest_local,
    oldest.created_at AS oldest_at
FROM (
    SELECT COUNT(*) AS due, strftime('%s', 'now') - strftime('%s', MIN(o.created_at)) AS seconds
    FROM relay_outbox AS o
    WHERE o.status IN ('pending', 'retrying')
) AS due
CROSS JOIN (
    SELECT
        COUNT(*) AS waiting,
        -- All codes but those that time or another process ends: as relay/base/codes.py, ended_by_time.
        COUNT(CASE WHEN o.error_code NOT IN (
            'moving_year', 'payment_unknown', 'previous_year_away', 'record_locked',
            'sage_locked', 'sage_unknown', 'year_away'
        ) THEN 1 END) AS for_person
    FROM relay_outbox AS o
    WHERE o.status = 'waiting'
) AS waiting
CROSS JOIN (SELECT COUNT(*) AS held FROM relay_outbox AS o WHERE o.status = 'held') AS held
CROSS JOIN (SELECT COUNT(*) AS not_ready FROM relay_year AS y WHERE y.state NOT IN ('ready', 'removed')) AS years
CROSS JOIN (SELECT COUNT(*) AS paused FROM relay_paused AS p) AS pauses
LEFT JOIN (
    SELECT o.id, o.entity, o.entity_key, o.status, o.created_at
    FROM relay_outbox AS o
    WHERE o.status IN ('pending', 'retrying', 'waiting', 'held')
    ORDER BY o.created_at, o.id
    LIMIT 1
) AS oldest ON TRUE
LEFT JOIN relay_v_status_name AS n ON n.status = oldest.status;
