-- What "relay triggers install" needs on a captured table. Placeholders: table.
GRANT ALTER, VIEW DEFINITION ON $table TO relay_installer
