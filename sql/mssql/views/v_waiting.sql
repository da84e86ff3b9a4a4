-- Entries that are not possible yet: what each waits for, and why a year that it waits for is not there. Parameters: none.
CREATE VIEW relay.v_waiting AS
SELECT
    o.entry,
    o.entity,
    o.entity_key,
    o.status_de,
    o.waiting_on,
    y.state AS year_state,
    y.paused AS year_paused,
    y.state_de AS year_state_de,
    CASE WHEN y.paused = 1 THEN y.pause_reason ELSE y.error END AS year_text,
    o.error_code,
    o.error,
    o.years,
    o.behind,
    o.dependents,
    o.operation,
    o.changed,
    o.cause,
    o.created_local,
    o.created_at,
    o.created_by,
    o.age_seconds,
    o.attempts
FROM relay.v_open AS o
LEFT JOIN relay.v_year AS y ON N'year:' + y.scope = o.waiting_on
WHERE o.status = N'waiting';
