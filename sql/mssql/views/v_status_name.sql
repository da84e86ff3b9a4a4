-- German names of the statuses, in the order of an entry's life. Parameters: none.
CREATE VIEW relay.v_status_name AS
SELECT
    n.status,
    n.status_de,
    n.position
FROM (
    VALUES
        (N'pending', N'offen', 1),
        (N'retrying', N'in Wiederholung', 2),
        (N'waiting', N'wartet', 3),
        (N'held', N'angehalten', 4),
        (N'applied', N'übernommen', 5),
        (N'not_for_sage', N'nicht für Sage', 6),
        (N'skipped', N'übersprungen', 7)
) AS n (status, status_de, position);
