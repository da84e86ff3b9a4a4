"""The relay beside other outboxes: the same changes of addresses, and what each keeps when killed.

`python -m tests.bench peers`, with the packages of the extra `peers`; on SQLite, which all can do.
"""
