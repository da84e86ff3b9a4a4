"""What is said of the code is true: relay/README.md, its ways, and the names in the rooms."""
