"""The guides, scripts and units in `ops` do what they say: they are played."""
