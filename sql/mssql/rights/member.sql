-- Gives a role of the relay to a database user. Placeholders: role, user.
ALTER ROLE $role ADD MEMBER $user
