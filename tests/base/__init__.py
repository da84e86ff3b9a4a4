"""Values, codes, texts and files mean what they say; no database."""
