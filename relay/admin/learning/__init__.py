"""Knows what a sample shows that a bookkeeper enters in Sage: what Sage itself writes for it.

`snapshot` notes a year before, `changes` finds what is new after, `expected` plans the same
records, `pairing` finds our rows and tags among Sage's, `differing` says what is not alike, and
`proposing` what the profile may have to say.
"""
