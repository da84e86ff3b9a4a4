-- What a role needs on one of Sage's tables where invoices went over in an earlier mode. Placeholders: rights, table, role.
IF EXISTS (SELECT 1 FROM relay.debtor) OR EXISTS (SELECT 1 FROM relay.booking)
    GRANT $rights ON $table TO $role
