-- What "relay privacy" needs on a captured table: to find a person's records there. Placeholders: table.
GRANT SELECT ON $table TO relay_privacy
