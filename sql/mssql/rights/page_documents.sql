-- What "relay page" needs of the relay's own tables to show documents. Placeholders: role.
GRANT SELECT ON relay.document TO $role
GO
GRANT SELECT ON relay.document_position TO $role
GO
GRANT SELECT ON relay.handed_over TO $role
