-- Each Sage year as the relay last saw it, with its pause; the scope * stands for all years. Parameters: none.
CREATE VIEW relay_v_year AS
SELECT
    s.scope,
    y.state,
    NULLIF(substr(
        CASE y.state
            WHEN 'ready' THEN ', bereit'
            WHEN 'away' THEN ', nicht erreichbar'
            WHEN 'refused' THEN ', abgelehnt'
            WHEN 'removed' THEN ', nicht mehr eingerichtet'
            ELSE ''
        END || CASE WHEN p.scope IS NULL THEN '' ELSE ', angehalten' END,
        3
    ), '') AS state_de,
    datetime(y.state_since, 'localtime') AS since_local,
    y.state_since,
    y.error_code,
    y.error,
    CASE WHEN p.scope IS NULL THEN 0 ELSE 1 END AS paused,
    p.reason AS pause_reason,
    p.created_by AS paused_by,
    datetime(p.created_at, 'localtime') AS paused_local,
    p.created_at AS paused_at
FROM (
    SELECT '*' AS scope
    UNION
    SELECT name FROM relay_year
    UNION
    SELECT scope FROM relay_paused
) AS s
LEFT JOIN relay_year AS y ON y.name = s.scope
LEFT JOIN relay_paused AS p ON p.scope = CASE
    WHEN EXISTS (SELECT 1 FROM relay_paused AS a WHERE a.scope = '*') THEN '*'
    ELSE s.scope
END;
