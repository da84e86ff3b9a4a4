"""Knows optional parts, each handed in by the command line: documents, answers and more.

They import `admin` and what is below it, and are imported by the command line only.
"""
