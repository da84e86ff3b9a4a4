"""The page shows what the outbox says to those who may see it, and does what they may decide."""
