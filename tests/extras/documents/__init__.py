"""The document enquiry: recorded once, found fast, private where it has to be."""
