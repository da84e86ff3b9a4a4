"""Knows the running relay: its loop, one step, the years, the handshake."""
