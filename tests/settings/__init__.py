"""`relay.toml`: what it means, and that each mistake in it is named with its line."""
