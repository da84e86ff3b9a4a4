-- What the relay needs to record documents, besides its rights in cobra's database. Placeholders: none.
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.document TO relay_run
GO
GRANT SELECT, INSERT, DELETE ON relay.document_position TO relay_run
GO
GRANT SELECT, INSERT ON relay.handed_over TO relay_run
