"""Microsoft's parser and rules judge each text that is sent to SQL Server."""
