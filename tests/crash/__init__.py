"""Kills relay, cobra and Sage at every boundary, and compares the books afterwards."""
