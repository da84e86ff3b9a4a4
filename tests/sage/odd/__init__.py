"""The core cases on Sages that differ from the reference as real ones do."""
