-- Entries that need a correction or a decision. Parameters: none.
CREATE VIEW relay_v_held AS
SELECT
    o.entry,
    o.entity,
    o.entity_key,
    o.status_de,
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
FROM relay_v_open AS o
WHERE o.status = 'held';
