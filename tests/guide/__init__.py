"""relay/README.md is true: its files are there, its ways are the ways that are gone."""
