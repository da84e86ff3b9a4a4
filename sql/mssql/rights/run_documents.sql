-- What the relay needs to record documents, besides its rights in cobra's database. Placeholders: none.
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.document TO relay_run
GO
GRANT SELECT, INSERT, DELETE ON relay.document_position TO relay_run
GO
GRANT SELECT, INSERT ON relay.handed_over TO relay_run
GO
GRANT EXECUTE ON TYPE::relay.document_list TO relay_run
GO
GRANT EXECUTE ON relay.add_document TO relay_run
GO
GRANT EXECUTE ON TYPE::relay.document_position_list TO relay_run
GO
GRANT EXECUTE ON relay.add_document_position TO relay_run
