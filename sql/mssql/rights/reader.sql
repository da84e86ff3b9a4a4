-- What cobra's users need to ask about the relay in SQL: its views, nothing behind them. Placeholders: none.
GRANT SELECT ON relay.v_status_name TO relay_reader
GO
GRANT SELECT ON relay.v_year TO relay_reader
GO
GRANT SELECT ON relay.v_open TO relay_reader
GO
GRANT SELECT ON relay.v_held TO relay_reader
GO
GRANT SELECT ON relay.v_waiting TO relay_reader
GO
GRANT SELECT ON relay.v_history TO relay_reader
GO
GRANT SELECT ON relay.v_status TO relay_reader
GO
GRANT SELECT ON relay.v_lag TO relay_reader
