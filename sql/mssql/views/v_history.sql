-- What happened to each record: changes in cobra, deliveries to Sage, actions of people; order by at, position, entry. Parameters: none.
-- Meets the outbox as relay/cobra/access.py says: SHOWN.
CREATE VIEW relay.v_history AS
SELECT
    h.entity,
    h.entity_key,
    CONVERT(datetime2(0), h.at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS at_local,
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
    CONVERT(datetime2(0), h.finished_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS finished_local,
    h.finished_at
FROM (
    SELECT
        o.entity, o.entity_key, o.created_at AS at, 1 AS position, N'change' AS kind, o.id AS entry,
        o.created_by AS who, o.operation AS action, o.changed, o.cause,
        CAST(NULL AS nvarchar(50)) AS year, o.status, o.attempts,
        CAST(NULL AS nvarchar(50)) AS sage_key, CAST(NULL AS nvarchar(max)) AS sent,
        CAST(NULL AS nvarchar(max)) AS warnings, o.waiting_on, o.error_code,
        COALESCE(o.error, o.reason) AS text, o.applied_by, o.finished_at
    FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
    UNION ALL
    SELECT
        o.entity, o.entity_key, d.updated_at, 3, N'delivery', d.outbox_id,
        NULL, NULL, NULL, NULL,
        d.year, d.status, d.attempts,
        d.sage_key, d.sent,
        d.warnings, d.waiting_on, d.error_code,
        d.error, NULL, NULL
    FROM relay.delivery AS d
    JOIN relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST) ON o.id = d.outbox_id
    UNION ALL
    -- The audit names its records in a JSON list: ["address 4711"].
    SELECT
        r.entity, r.entity_key, a.at, 2, N'action', NULL,
        a.who, a.action, NULL, NULL,
        NULL, NULL, NULL,
        NULL, NULL,
        NULL, NULL, NULL,
        a.reason, NULL, NULL
    FROM (SELECT DISTINCT q.entity, q.entity_key FROM relay.outbox AS q WITH (READCOMMITTEDLOCK, READPAST)) AS r
    JOIN relay.audit AS a ON CHARINDEX(
        N'"' + REPLACE(REPLACE(
            r.entity COLLATE Latin1_General_100_BIN2 + N' ' + r.entity_key, N'\', N'\\'
        ), N'"', N'\"') + N'"',
        a.detail COLLATE Latin1_General_100_BIN2
    ) > 0
    UNION ALL
    -- What concerns no record, or too many to name them.
    SELECT
        N'relay', a.subject COLLATE Latin1_General_100_BIN2, a.at, 2, N'action', NULL,
        a.who, a.action, NULL, NULL,
        NULL, NULL, NULL,
        NULL, NULL,
        NULL, NULL, NULL,
        a.reason, NULL, NULL
    FROM relay.audit AS a
    WHERE COALESCE(LEFT(a.detail, 2), N'') <> N'["'
) AS h
LEFT JOIN relay.v_status_name AS n ON n.status = h.status;
