-- German names of the statuses, in the order of an entry's life. Parameters: none.
CREATE VIEW relay_v_status_name AS
WITH n (status, status_de, position) AS (
    VALUES
        ('pending', 'offen', 1),
        ('retrying', 'in Wiederholung', 2),
        ('waiting', 'wartet', 3),
        ('held', 'angehalten', 4),
        ('applied', 'übernommen', 5),
        ('not_for_sage', 'nicht für Sage', 6),
        ('skipped', 'übersprungen', 7)
)
SELECT
    n.status,
    n.status_de,
    n.position
FROM n;
