"""Knows the document enquiry: an optional part that records what stands in Sage where people ask.

It imports the core and is never imported by it: the command line hands it in.
"""
