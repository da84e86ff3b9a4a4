"""The triggers: each change of a mapped field is noticed, and no clerk feels it."""
