"""Knows SQL Server."""
