"""Knows optional parts: nobody but the command line imports them."""
