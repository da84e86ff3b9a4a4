"""Knows mail to people: an optional part that tells bookkeeper and admin what is not in order.

It imports the core and is never imported by it: the command line hands it in.
"""
