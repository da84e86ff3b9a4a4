"""What a person asks and decides: restore drills, adoption, selection of entries."""
