-- What "relay run" needs on a captured table: to read it, and to compare its triggers. Placeholders: table.
GRANT SELECT, VIEW DEFINITION ON $table TO relay_run
