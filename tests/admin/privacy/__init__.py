"""What is kept of a person: all of it is shown, and erased where it may be."""
