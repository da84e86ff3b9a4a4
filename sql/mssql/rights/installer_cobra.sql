-- What "relay migrate" needs in cobra's database besides: to create views and procedures. Placeholders: none.
GRANT CREATE VIEW, CREATE PROCEDURE, CREATE FUNCTION TO relay_installer
