-- What "relay page" needs of the relay's own tables in cobra to show them: it writes nothing. Placeholders: role.
GRANT SELECT ON relay.outbox TO $role
GO
GRANT SELECT ON relay.delivery TO $role
GO
GRANT SELECT ON relay.[identity] TO $role
GO
GRANT SELECT ON relay.[year] TO $role
GO
GRANT SELECT ON relay.paused TO $role
GO
GRANT SELECT ON relay.audit TO $role
GO
GRANT SELECT ON relay.route TO $role
GO
GRANT SELECT ON relay.decision TO $role
GO
GRANT SELECT ON relay.comparison TO $role
GO
GRANT SELECT ON relay.measure TO $role
GO
GRANT SELECT ON relay.page_user TO $role
GO
GRANT SELECT ON relay.source_version TO $role
