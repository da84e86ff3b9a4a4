"""`relay learn` shows what Sage itself writes for a sample, and what that says of the profile."""
