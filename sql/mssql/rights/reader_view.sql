-- What it takes to ask one view of an optional part. Placeholders: view, role.
GRANT SELECT ON $view TO $role
