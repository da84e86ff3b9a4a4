"""Knows what a person asks and decides: status, history, repair, recovery, adoption, doctor.

Imports `engine` and what is below it; the running relay knows nothing of it. Look first into
`status` and `repair`.
"""
