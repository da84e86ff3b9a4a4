"""Knows the comparison of all that is linked or booked with cobra and Sage as they are now."""
