-- What a role needs on one of Sage's tables. Placeholders: rights, table, role.
GRANT $rights ON $table TO $role
