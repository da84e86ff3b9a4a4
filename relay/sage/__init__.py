"""Knows a Sage year: what it is asked (`port`), and how Sage's SQL database answers (`adapter`).

Imports `database` and `rules` and what is below them; knows nothing of `cobra`. Look first into
`port`, then `year` (the one transaction). Another adapter stands beside this one and is chosen in
`opening`.
"""
