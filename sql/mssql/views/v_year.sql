-- Each Sage year as the relay last saw it, with its pause; the scope * stands for all years. Parameters: none.
CREATE VIEW relay.v_year AS
SELECT
    s.scope,
    y.state,
    STUFF(
        CASE y.state
            WHEN N'ready' THEN N', bereit'
            WHEN N'away' THEN N', nicht erreichbar'
            WHEN N'refused' THEN N', abgelehnt'
            WHEN N'removed' THEN N', nicht mehr eingerichtet'
            ELSE N''
        END + CASE WHEN p.scope IS NULL THEN N'' ELSE N', angehalten' END,
        1, 2, N''
    ) AS state_de,
    CONVERT(datetime2(0), y.state_since AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS since_local,
    y.state_since,
    y.error_code,
    y.error,
    CASE WHEN p.scope IS NULL THEN 0 ELSE 1 END AS paused,
    p.reason AS pause_reason,
    p.created_by AS paused_by,
    CONVERT(datetime2(0), p.created_at AT TIME ZONE 'UTC' AT TIME ZONE 'W. Europe Standard Time') AS paused_local,
    p.created_at AS paused_at
FROM (
    SELECT N'*' AS scope
    UNION
    SELECT name FROM relay.year
    UNION
    SELECT scope FROM relay.paused
) AS s
LEFT JOIN relay.year AS y ON y.name = s.scope
LEFT JOIN relay.paused AS p ON p.scope = CASE
    WHEN EXISTS (SELECT 1 FROM relay.paused AS a WHERE a.scope = N'*') THEN N'*'
    ELSE s.scope
END;
