"""Knows what the relay keeps of a person, shows it, and erases it (DSG, GDPR)."""
