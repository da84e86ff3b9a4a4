-- What "relay run" needs on one of Sage's tables. Placeholders: rights, table.
GRANT $rights ON $table TO relay_run
