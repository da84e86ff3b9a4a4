"""The demo plays through and proves what it says."""
