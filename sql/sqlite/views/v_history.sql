-- What happened to each record: changes in cobra, deliveries to Sage, actions of people; order by at, position, entry. Parameters: none.
CREATE VIEW relay_v_history AS
SELECT
    h.entity,
    h.entity_key,
    datetime(h.at, 'localtime') AS at_local,
    h.at,
    h.position,
    h.kind,
    h.entry,
    h.who,
    h.action,
    h.changed,
    h.cause,
    h.year,
    h.status,
    n.status_de,
    h.attempts,
    h.sage_key,
    h.sent,
    h.warnings,
    h.waiting_on,
    h.error_code,
    h.text,
    h.applied_by,
    datetime(h.finished_at, 'localtime') AS finished_local,
    h.finished_at
FROM (
    SELECT
        o.entity, o.entity_key, o.created_at AS at, 1 AS position, 'change' AS kind, o.id AS entry,
        o.created_by AS who, o.operation AS action, o.changed, o.cause,
        NULL AS year, o.status, o.attempts,
        NULL AS sage_key, NULL AS sent,
        NULL AS warnings, o.waiting_on, o.error_code,
        COALESCE(o.error, o.reason) AS text, o.applied_by, o.finished_at
    FROM relay_outbox AS o
    UNION ALL
    SELECT
        o.entity, o.entity_key, d.updated_at, 3, 'delivery', d.outbox_id,
        NULL, NULL, NULL, NULL,
        d.year, d.status, d.attempts,
        d.sage_key, d.sent,
        d.warnings, d.waiting_on, d.error_code,
        d.error, NULL, NULL
    FROM relay_delivery AS d
    JOIN relay_outbox AS o ON o.id = d.outbox_id
    UNION ALL
    -- The audit names its records in a JSON list: ["address 4711"].
    SELECT
        r.entity, r.entity_key, a.at, 2, 'action', NULL,
        a.who, a.action, NULL, NULL,
        NULL, NULL, NULL,
        NULL, NULL,
        NULL, NULL, NULL,
        a.reason, NULL, NULL
    FROM (SELECT DISTINCT q.entity, q.entity_key FROM relay_outbox AS q) AS r
    JOIN relay_audit AS a ON instr(
        a.detail,
        '"' || REPLACE(REPLACE(
            r.entity || ' ' || r.entity_key, '\', '\\'
        ), '"', '\"') || '"'
    ) > 0
    UNION ALL
    -- What concerns no record, or too many to name them.
    SELECT
        'relay', a.subject, a.at, 2, 'action', NULL,
        a.who, a.action, NULL, NULL,
        NULL, NULL, NULL,
        NULL, NULL,
        NULL, NULL, NULL,
        a.reason, NULL, NULL
    FROM relay_audit AS a
    WHERE COALESCE(substr(a.detail, 1, 2), '') <> '["'
) AS h
LEFT JOIN relay_v_status_name AS n ON n.status = h.status;
