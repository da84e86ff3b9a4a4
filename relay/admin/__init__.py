"""Knows what a person may ask and do beside the running relay."""
