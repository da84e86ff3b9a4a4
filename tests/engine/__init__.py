"""The running relay: step, years, fence, handshake, chores; what it does when things break."""
