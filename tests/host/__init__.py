"""Shows what the triggers cost a clerk, and that they never stand in a clerk's way."""
