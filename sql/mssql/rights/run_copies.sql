-- What the relay needs to copy what Sage answers into columns of cobra's own. Placeholders: table, columns.
GRANT UPDATE ON $table ($columns) TO relay_run
