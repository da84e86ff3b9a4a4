-- What "relay migrate" needs in cobra's database besides: to create views, procedures and types of lists. Placeholders: none.
GRANT CREATE VIEW, CREATE PROCEDURE, CREATE FUNCTION, CREATE TYPE TO relay_installer
