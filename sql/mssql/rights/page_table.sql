-- What "relay page" needs on a captured table: to name its records, and to compare its triggers. Placeholders: table.
GRANT SELECT, VIEW DEFINITION ON $table TO relay_page
