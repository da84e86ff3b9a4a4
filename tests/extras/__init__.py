"""The optional parts."""
