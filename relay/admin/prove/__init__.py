"""Knows how a server shows by itself what no other server can: expected against seen.

In a database that is made for it and dropped at the end: first the relay's own tables and triggers,
then what needs two sessions or the relay's own statements, then the points of ops/host/prove.sql.
"""
