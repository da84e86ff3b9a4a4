-- Creates a role of the relay, unless it is there. Placeholders: role.
IF DATABASE_PRINCIPAL_ID(N'$role') IS NULL CREATE ROLE $role
