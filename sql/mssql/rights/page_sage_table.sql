-- What the journal of "relay page" needs on one of Sage's tables. Placeholders: table.
GRANT SELECT ON $table TO relay_page
