"""Knows paper for the file: an optional part that sets the month's journal as a PDF."""
